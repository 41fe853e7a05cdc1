/* The simulator on a stream: TLS, TCP or memory, client or accepted end alike. */
#ifndef VNEPP_REGSIM_STREAM_H
#define VNEPP_REGSIM_STREAM_H

struct regsim;
struct stream;

/*
 * Serves `s` until it closes; takes it over. The connection begins when the stream opens, under the certificate
 * subject of its peer. regsim_drop_all() and a run of the loop end all of them. `sim` must outlive the stream.
 */
void regsim_serve_stream(struct regsim *sim, struct stream *s);

#endif
