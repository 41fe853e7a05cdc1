/* One item as a JSON object (design: NDJSON line or element of an array). */
#ifndef VNEPP_API_ITEM_JSON_H
#define VNEPP_API_ITEM_JSON_H

#include "daemon/api/item_draft.h"

/*
 * Reads `text` into the draft's request and checks it; errors are noted. True: the request is good. A member that is
 * null counts as not given. `scratch` holds decoded strings until the next call (it is reset here).
 */
bool item_json_read(struct item_draft *d, struct arena *scratch, struct str text);

/*
 * Reads what an item may lack into the draft's request: one object as in an item's `evidence`, an array of them, or an
 * object with `evidence`, `facts` and `applicant.gender`. True: it is good, and there is something.
 */
bool item_json_read_evidence(struct item_draft *d, struct arena *scratch, struct str text);

#endif
