/* The element names that are told apart when a response is read. */
#ifndef VNEPP_EPP_PARSE_NAMES_H
#define VNEPP_EPP_PARSE_NAMES_H

/* Left as it is: the formatter would not pack it twice in the same way. */
/* clang-format off */
#define PARSE_NAMES(X)                                                                                       \
	X(acDate)                                                                                            \
	X(acID) X(addr) X(alg) X(authInfo) X(balance) X(caseId) X(cc) X(cd) X(changeData) X(chkData) X(city) \
	X(clID) X(clTRID) X(command) X(contact) X(crDate) X(crID) X(creData) X(credit) X(creditLimit)    \
	X(currency) X(date) X(delData) X(digest) X(digestType) X(dsData) X(email) X(epp) X(event)    \
	X(exDate) X(extURI) X(extValue) X(extension) X(fax) X(fee) X(greeting) X(host)           \
	X(hostAddr) X(hostAttr) X(hostName) X(hostObj) X(id) X(infData) X(keyData) X(keyTag) \
	X(lang) X(loginSecData) X(maxSigLife) X(msg) X(msgQ) X(name) X(ns) X(objID)      \
	X(objURI) X(operation) X(org) X(paDate) X(paTRID) X(panData) X(pc) X(period) \
	X(postalInfo) X(pw) X(qDate) X(reDate) X(reID) X(reason) X(registrant)   \
	X(renData) X(resData) X(response) X(result) X(rgpStatus) X(roid)     \
	X(sp) X(status) X(street) X(svDate) X(svID) X(svTRID)            \
	X(svcExtension) X(svcMenu) X(trDate) X(trID) X(trStatus)     \
	X(trnData) X(upData) X(upDate) X(upID) X(updData)        \
	X(value) X(version) X(voice) X(who)
/* clang-format on */

enum parse_name {
#define X(name) N_##name,
	PARSE_NAMES(X)
#undef X
	    N__COUNT
};

#endif
