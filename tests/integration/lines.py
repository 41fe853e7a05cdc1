"""Lines of batches, for tests (see paid_line of tests/harness/gateway.sh)."""


def paid_line(ref, domain, **more):
    """A create that costs, and needs no evidence."""
    return {"ref": ref, "op": "create", "domain": domain, "period": 1, "if_not_free": "charge", "max_fee_vnd": 900000,
            "applicant": {"kind": "other", "name": "Ban Tổ chức", "phone": "+84.281234567", "email": "a@example.vn", "address": {
                "street": "1 Lê Lợi", "ward": "Bến Thành", "province": "79", "province_list": "2025-07-01", "country": "VN"}}, **more}
