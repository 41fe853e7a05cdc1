/* The table of result codes. */
#include "epp/rescode.h"

#include "epp/base/attr.h"

#include <stddef.h>

#define ENDS (EPP_RC_ENDS_SESSION | EPP_RC_DISCARD)

static const struct epp_rescode codes[] = {
    {1000, "OK", EPP_RC_SUCCESS, 0, "Command completed successfully"},
    {1001, "PENDING", EPP_RC_PENDING, 0, "Command completed successfully; action pending"},
    {1300, "NO_MESSAGES", EPP_RC_MESSAGE, 0, "Command completed successfully; no messages"},
    {1301, "ACK_TO_DEQUEUE", EPP_RC_MESSAGE, 0, "Command completed successfully; ack to dequeue"},
    {1500, "ENDING_SESSION", EPP_RC_SUCCESS, ENDS, "Command completed successfully; ending session"},
    {2000, "UNKNOWN_COMMAND", EPP_RC_PERMANENT, 0, "Unknown command"},
    {2001, "SYNTAX_ERROR", EPP_RC_PERMANENT, 0, "Command syntax error"},
    {2002, "COMMAND_USE_ERROR", EPP_RC_SESSION, EPP_RC_DISCARD, "Command use error"},
    {2003, "PARAMETER_MISSING", EPP_RC_PERMANENT, 0, "Required parameter missing"},
    {2004, "VALUE_RANGE", EPP_RC_PERMANENT, 0, "Parameter value range error"},
    {2005, "VALUE_SYNTAX", EPP_RC_PERMANENT, 0, "Parameter value syntax error"},
    {2100, "UNIMPLEMENTED_VERSION", EPP_RC_PERMANENT, 0, "Unimplemented protocol version"},
    {2101, "UNIMPLEMENTED_COMMAND", EPP_RC_PERMANENT, 0, "Unimplemented command"},
    {2102, "UNIMPLEMENTED_OPTION", EPP_RC_PERMANENT, 0, "Unimplemented option"},
    {2103, "UNIMPLEMENTED_EXTENSION", EPP_RC_PERMANENT, 0, "Unimplemented extension"},
    {2104, "BILLING_FAILURE", EPP_RC_BILLING, 0, "Billing failure"},
    {2105, "NOT_RENEWABLE", EPP_RC_OBJECT_STATE, 0, "Object is not eligible for renewal"},
    {2106, "NOT_TRANSFERABLE", EPP_RC_OBJECT_STATE, 0, "Object is not eligible for transfer"},
    {2200, "AUTHENTICATION_ERROR", EPP_RC_AUTH, EPP_RC_DISCARD | EPP_RC_ALARM, "Authentication error"},
    {2201, "AUTHORIZATION_ERROR", EPP_RC_AUTH, 0, "Authorization error"},
    {2202, "INVALID_AUTH_INFO", EPP_RC_AUTH, 0, "Invalid authorization information"},
    {2300, "PENDING_TRANSFER", EPP_RC_OBJECT_STATE, 0, "Object pending transfer"},
    {2301, "NOT_PENDING_TRANSFER", EPP_RC_OBJECT_STATE, 0, "Object not pending transfer"},
    {2302, "OBJECT_EXISTS", EPP_RC_OBJECT_STATE, 0, "Object exists"},
    {2303, "OBJECT_DOES_NOT_EXIST", EPP_RC_OBJECT_STATE, 0, "Object does not exist"},
    {2304, "STATUS_PROHIBITS", EPP_RC_OBJECT_STATE, 0, "Object status prohibits operation"},
    {2305, "ASSOCIATION_PROHIBITS", EPP_RC_OBJECT_STATE, 0, "Object association prohibits operation"},
    {2306, "POLICY_ERROR", EPP_RC_PERMANENT, 0, "Parameter value policy error"},
    {2307, "UNIMPLEMENTED_SERVICE", EPP_RC_PERMANENT, 0, "Unimplemented object service"},
    {2308, "POLICY_VIOLATION", EPP_RC_PERMANENT, 0, "Data management policy violation"},
    {2400, "COMMAND_FAILED", EPP_RC_RETRY, EPP_RC_AMBIGUOUS, "Command failed"},
    {2500, "FAILED_CLOSING", EPP_RC_RETRY, ENDS | EPP_RC_AMBIGUOUS,
     "Command failed; server closing connection"},
    {2501, "AUTHENTICATION_CLOSING", EPP_RC_AUTH, ENDS | EPP_RC_ALARM,
     "Authentication error; server closing connection"},
    {2502, "SESSION_LIMIT", EPP_RC_SESSION, ENDS, "Session limit exceeded; server closing connection"},
};

/* Codes that the RFC does not list, by their first two digits. */
static const struct {
	int hundreds;
	struct epp_rescode code;
} ranges[] = {
    {10, {0, "OTHER", EPP_RC_SUCCESS, 0, "Unlisted success code"}},
    {13, {0, "OTHER", EPP_RC_MESSAGE, 0, "Unlisted poll code"}},
    {15, {0, "OTHER", EPP_RC_SUCCESS, ENDS, "Unlisted success code that ends the session"}},
    {20, {0, "OTHER", EPP_RC_PERMANENT, 0, "Unlisted syntax error"}},
    {21, {0, "OTHER", EPP_RC_PERMANENT, 0, "Unlisted implementation error"}},
    {22, {0, "OTHER", EPP_RC_AUTH, 0, "Unlisted security error"}},
    {23, {0, "OTHER", EPP_RC_PERMANENT, 0, "Unlisted data management error"}},
    {24, {0, "OTHER", EPP_RC_RETRY, EPP_RC_AMBIGUOUS, "Unlisted server error"}},
    {25, {0, "OTHER", EPP_RC_RETRY, ENDS | EPP_RC_AMBIGUOUS, "Unlisted error that ends the session"}},
};

/* What is in no range tells nothing of the outcome. */
static const struct epp_rescode unknown = {0, "OTHER", EPP_RC_UNKNOWN, EPP_RC_AMBIGUOUS,
                                           "Not an EPP result code"};

const struct epp_rescode *epp_rescode_find(int code)
{
	for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
		if (codes[i].code == code)
			return &codes[i];
	}
	for (size_t i = 0; i < ARRAY_LEN(ranges); i++) {
		if (code >= 0 && ranges[i].hundreds == code / 100)
			return &ranges[i].code;
	}
	return &unknown;
}

const struct epp_rescode *epp_rescode_at(unsigned n)
{
	return n < ARRAY_LEN(codes) ? &codes[n] : NULL;
}

bool epp_rescode_ok(int code)
{
	return code >= 1000 && code <= 1999;
}

const char *epp_rescode_class_name(enum epp_rescode_class cls)
{
	static const char *const names[] = {
	    [EPP_RC_UNKNOWN] = "unknown",     [EPP_RC_SUCCESS] = "success",
	    [EPP_RC_PENDING] = "pending",     [EPP_RC_MESSAGE] = "message",
	    [EPP_RC_PERMANENT] = "permanent", [EPP_RC_OBJECT_STATE] = "object-state",
	    [EPP_RC_BILLING] = "billing",     [EPP_RC_AUTH] = "auth",
	    [EPP_RC_SESSION] = "session",     [EPP_RC_RETRY] = "retry",
	};
	return (unsigned)cls < ARRAY_LEN(names) ? names[cls] : "unknown";
}
