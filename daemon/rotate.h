/* vneppd --rotate-key: another secret key for the keys of subjects, while no daemon uses the store. */
#ifndef VNEPP_ROTATE_H
#define VNEPP_ROTATE_H

/* Reads the configuration; tells on stdout or stderr how it went. An exit status: 0, or 1 when nothing was changed. */
int rotate_key(const char *config_path);

#endif
