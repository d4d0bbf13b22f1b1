-- What selectors say of the evaluation split, for reports alone: apart from signals and verdicts, so that nothing trains by it.

CREATE SEQUENCE _eval_check_ids;

CREATE TABLE eval_checks (
    eval_check BIGINT PRIMARY KEY,
    dataset_id BIGINT NOT NULL,
    key VARCHAR NOT NULL,
    rows BIGINT NOT NULL,
    rules VARCHAR NOT NULL,
    notes VARCHAR NOT NULL,
    seconds DOUBLE NOT NULL,
    created TIMESTAMP NOT NULL
);

CREATE TABLE eval_findings (
    eval_check BIGINT NOT NULL,
    row BIGINT NOT NULL,
    rule VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    partner BIGINT
);
