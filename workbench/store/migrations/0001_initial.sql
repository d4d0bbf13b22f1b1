-- Times are UTC. JSON stands in VARCHAR columns. Tables that are filled in slices begin with an underscore; what people query are the views over them,
-- which leave out whatever is not complete yet. (They have no schema of their own: a store whose file happens to be called like the schema would make
-- every qualified name ambiguous.)
--
-- Made as they are needed: for each dataset version the tables _examples_<dataset_id>_<part>, the view _examples_<dataset_id> over them and the view
-- roles_<dataset_id>(row, <one column per role>); for each selector run the table signals_<selector_run>(row, <one column per signal>). The views
-- examples and findings are made anew whenever one of these comes or goes.

CREATE TABLE meta (
    key VARCHAR PRIMARY KEY,
    value VARCHAR NOT NULL
);

-- What is being filled: its rows are invisible until the entry is gone. The owner holds a lock inside the folder stage/<stage> for as long as it lives.
CREATE TABLE _ingests (
    stage VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    id BIGINT NOT NULL
);

-- Datasets ------------------------------------------------------------------------------------------------------------------------------------------

CREATE SEQUENCE _dataset_ids;

CREATE TABLE datasets (
    dataset_id BIGINT PRIMARY KEY,
    name VARCHAR NOT NULL,
    version VARCHAR NOT NULL,
    task VARCHAR NOT NULL,
    source VARCHAR NOT NULL,
    license VARCHAR NOT NULL,
    created TIMESTAMP NOT NULL,
    last_imported TIMESTAMP NOT NULL,
    roles VARCHAR NOT NULL,
    target VARCHAR NOT NULL,
    read BIGINT NOT NULL,
    imported BIGINT NOT NULL,
    rejected BIGINT NOT NULL,
    splits VARCHAR NOT NULL,
    keyed BOOLEAN NOT NULL,
    bytes BIGINT NOT NULL
);

CREATE TABLE _rejected_rows (
    dataset_id BIGINT NOT NULL,
    file VARCHAR NOT NULL,
    line BIGINT,
    reason VARCHAR NOT NULL,
    excerpt VARCHAR NOT NULL
);

CREATE TABLE _planted (
    dataset_id BIGINT NOT NULL,
    row BIGINT NOT NULL,
    kind VARCHAR NOT NULL,
    detail VARCHAR NOT NULL
);

CREATE VIEW examples AS
SELECT NULL::BIGINT AS dataset_id, NULL::BIGINT AS row, NULL::VARCHAR AS split, NULL::VARCHAR AS example_id, NULL::VARCHAR AS content_hash,
       NULL::VARCHAR AS raw_hash, NULL::VARCHAR AS source, NULL::BIGINT AS line, NULL::VARCHAR AS meta
WHERE false;
CREATE VIEW rejected_rows AS FROM _rejected_rows WHERE dataset_id IN (SELECT dataset_id FROM datasets);
CREATE VIEW planted AS FROM _planted WHERE dataset_id IN (SELECT dataset_id FROM datasets);

-- Signals -------------------------------------------------------------------------------------------------------------------------------------------

CREATE SEQUENCE _selector_run_ids;

CREATE TABLE selector_runs (
    selector_run BIGINT PRIMARY KEY,
    dataset_id BIGINT NOT NULL,
    selector VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    version VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    scope VARCHAR NOT NULL,
    plugin VARCHAR NOT NULL,
    distribution VARCHAR NOT NULL,
    distribution_version VARCHAR NOT NULL,
    params VARCHAR NOT NULL,
    params_hash VARCHAR NOT NULL,
    signals VARCHAR NOT NULL,
    scored BIGINT NOT NULL,
    cached BIGINT NOT NULL,
    errors BIGINT NOT NULL,
    seconds DOUBLE NOT NULL,
    notes VARCHAR NOT NULL,
    created TIMESTAMP NOT NULL
);

CREATE TABLE _evidence (
    selector_run BIGINT NOT NULL,
    row BIGINT NOT NULL,
    signal VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    values VARCHAR NOT NULL,
    partners BIGINT[],
    spans STRUCT(role VARCHAR, start INTEGER, "end" INTEGER)[]
);

CREATE TABLE _duplicate_edges (
    selector_run BIGINT NOT NULL,
    a BIGINT NOT NULL,
    b BIGINT NOT NULL,
    signal VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    similarity DOUBLE NOT NULL
);

CREATE VIEW evidence AS FROM _evidence WHERE selector_run IN (SELECT selector_run FROM selector_runs);
CREATE VIEW duplicate_edges AS FROM _duplicate_edges WHERE selector_run IN (SELECT selector_run FROM selector_runs);

CREATE VIEW findings AS
SELECT 0::BIGINT AS dataset_id, 0::BIGINT AS selector_run, '' AS selector, 0::BIGINT AS row, '' AS signal, 0.0::DOUBLE AS value WHERE false;

-- Curation ------------------------------------------------------------------------------------------------------------------------------------------

CREATE SEQUENCE _verdict_set_ids;

CREATE TABLE verdict_sets (
    verdict_set BIGINT PRIMARY KEY,
    dataset_id BIGINT NOT NULL,
    policy_hash VARCHAR NOT NULL,
    ledger_number BIGINT NOT NULL,
    counts VARCHAR NOT NULL,
    created TIMESTAMP NOT NULL
);

CREATE TABLE _verdicts (
    verdict_set BIGINT NOT NULL,
    row BIGINT NOT NULL,
    verdict VARCHAR NOT NULL,
    fired VARCHAR[] NOT NULL,
    partner BIGINT,
    pin VARCHAR
);

CREATE VIEW verdicts AS FROM _verdicts WHERE verdict_set IN (SELECT verdict_set FROM verdict_sets);

CREATE TABLE ledger (
    number BIGINT PRIMARY KEY,
    time TIMESTAMP NOT NULL,
    author VARCHAR NOT NULL,
    action VARCHAR NOT NULL,
    dataset VARCHAR NOT NULL,
    payload VARCHAR NOT NULL,
    undoes BIGINT
);

CREATE TABLE ledger_pins (
    number BIGINT NOT NULL,
    split VARCHAR NOT NULL,
    example_id VARCHAR NOT NULL,
    content_hash VARCHAR NOT NULL,
    raw_hash VARCHAR,
    occurrence BIGINT,
    decision VARCHAR NOT NULL
);

CREATE SEQUENCE _policy_ids;

CREATE TABLE policies (
    policy_id BIGINT PRIMARY KEY,
    dataset VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    version INTEGER NOT NULL,
    policy VARCHAR NOT NULL,
    created TIMESTAMP NOT NULL,
    author VARCHAR NOT NULL,
    ledger_number BIGINT NOT NULL
);

-- Experiments ---------------------------------------------------------------------------------------------------------------------------------------

CREATE SEQUENCE _experiment_ids;

CREATE TABLE experiments (
    experiment_id BIGINT PRIMARY KEY,
    name VARCHAR NOT NULL,
    revision INTEGER NOT NULL,
    identity VARCHAR NOT NULL,
    task VARCHAR NOT NULL,
    dataset_id BIGINT NOT NULL,
    recipe VARCHAR NOT NULL,
    resolved VARCHAR NOT NULL,
    state VARCHAR NOT NULL,
    created TIMESTAMP NOT NULL,
    finished TIMESTAMP,
    steps VARCHAR NOT NULL
);

CREATE SEQUENCE _arm_ids;

CREATE TABLE arms (
    arm_id BIGINT PRIMARY KEY,
    experiment_id BIGINT NOT NULL,
    arm VARCHAR NOT NULL,
    seed BIGINT,
    policy_id BIGINT,
    ledger_number BIGINT NOT NULL,
    rows BIGINT NOT NULL,
    note VARCHAR NOT NULL
);

CREATE TABLE arm_rows (
    arm_id BIGINT NOT NULL,
    row BIGINT NOT NULL
);

CREATE SEQUENCE _run_ids;

CREATE TABLE runs (
    run_id BIGINT PRIMARY KEY,
    experiment_id BIGINT,
    dataset_id BIGINT NOT NULL,
    name VARCHAR NOT NULL,
    arm VARCHAR NOT NULL,
    seed BIGINT NOT NULL,
    state VARCHAR NOT NULL,
    adapter VARCHAR NOT NULL,
    version VARCHAR NOT NULL,
    plugin VARCHAR NOT NULL,
    distribution VARCHAR NOT NULL,
    distribution_version VARCHAR NOT NULL,
    plan VARCHAR NOT NULL,
    environment VARCHAR NOT NULL,
    rows BIGINT NOT NULL,
    steps BIGINT NOT NULL,
    seconds DOUBLE NOT NULL,
    error VARCHAR NOT NULL,
    created TIMESTAMP NOT NULL,
    finished TIMESTAMP
);

CREATE TABLE run_events (
    run_id BIGINT NOT NULL,
    time TIMESTAMP NOT NULL,
    kind VARCHAR NOT NULL,
    step BIGINT NOT NULL,
    total BIGINT NOT NULL,
    values VARCHAR NOT NULL
);

CREATE TABLE encode_audits (
    run_id BIGINT NOT NULL,
    row BIGINT NOT NULL,
    tokens INTEGER NOT NULL,
    supervised_tokens INTEGER NOT NULL,
    truncated BOOLEAN NOT NULL,
    stop_token_trained BOOLEAN
);

-- Results -------------------------------------------------------------------------------------------------------------------------------------------

CREATE TABLE predictions (
    run_id BIGINT NOT NULL,
    row BIGINT NOT NULL,
    text VARCHAR,
    label VARCHAR,
    probabilities DOUBLE[],
    span STRUCT(start INTEGER, "end" INTEGER, no_answer DOUBLE),
    log_probability DOUBLE,
    tokens INTEGER
);

CREATE TABLE scores (
    run_id BIGINT NOT NULL,
    metric VARCHAR NOT NULL,
    version VARCHAR NOT NULL,
    value DOUBLE,
    n BIGINT NOT NULL,
    not_scored BIGINT NOT NULL,
    stray BIGINT NOT NULL,
    signature VARCHAR NOT NULL,
    state VARCHAR NOT NULL,
    direction VARCHAR NOT NULL,
    percent BOOLEAN NOT NULL,
    kind VARCHAR NOT NULL,
    plugin VARCHAR NOT NULL,
    distribution VARCHAR NOT NULL,
    distribution_version VARCHAR NOT NULL
);

-- One list of numbers per example, so that every metric fits; NULL where the example was not scored.
CREATE TABLE statistics (
    run_id BIGINT NOT NULL,
    metric VARCHAR NOT NULL,
    row BIGINT NOT NULL,
    values DOUBLE[]
);

CREATE TABLE comparisons (
    experiment_id BIGINT,
    metric VARCHAR NOT NULL,
    a VARCHAR NOT NULL,
    b VARCHAR NOT NULL,
    effect DOUBLE,
    low DOUBLE,
    high DOUBLE,
    p DOUBLE,
    p_adjusted DOUBLE,
    n BIGINT,
    seeds BIGINT,
    detectable DOUBLE,
    verdict VARCHAR NOT NULL,
    method VARCHAR NOT NULL,
    family VARCHAR NOT NULL,
    margin DOUBLE
);
