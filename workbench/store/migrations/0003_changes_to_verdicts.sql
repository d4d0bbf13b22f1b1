-- A verdict set may hold only what differs from another one, and a pin knows the row it was made on, so that deciding on a row costs what it changes.

ALTER TABLE verdict_sets ADD COLUMN base BIGINT;

CREATE OR REPLACE VIEW verdicts AS
SELECT v.verdict_set, v.row, v.verdict, v.fired, v.partner, v.pin FROM verdict_sets s JOIN _verdicts v ON v.verdict_set = s.verdict_set
UNION ALL
SELECT s.verdict_set, v.row, v.verdict, v.fired, v.partner, v.pin FROM verdict_sets s JOIN _verdicts v ON v.verdict_set = s.base
WHERE NOT EXISTS (SELECT 1 FROM _verdicts d WHERE d.verdict_set = s.verdict_set AND d.row = v.row);

ALTER TABLE ledger_pins ADD COLUMN dataset_id BIGINT;
ALTER TABLE ledger_pins ADD COLUMN row BIGINT;

-- Examples that share their raw row with others of their split, counted when a dataset is first pinned on: which of the equal ones each is, or null
-- where they differ. An example that is not listed is the only one of its raw row.
ALTER TABLE datasets ADD COLUMN shared_raw_rows BIGINT;
CREATE TABLE _shared_raw_rows (
    dataset_id BIGINT NOT NULL,
    row BIGINT NOT NULL,
    occurrence BIGINT
);
