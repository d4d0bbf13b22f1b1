-- What a model said of each training example at the end of every epoch of one run, for selectors to learn from.

CREATE SEQUENCE _trace_run_ids;

CREATE TABLE trace_runs (
    trace_run BIGINT PRIMARY KEY,
    dataset_id BIGINT NOT NULL,
    identity VARCHAR NOT NULL,
    adapter VARCHAR NOT NULL,
    version VARCHAR NOT NULL,
    head VARCHAR NOT NULL,
    plugin VARCHAR NOT NULL,
    distribution VARCHAR NOT NULL,
    distribution_version VARCHAR NOT NULL,
    model VARCHAR NOT NULL,
    options VARCHAR NOT NULL,
    seed BIGINT NOT NULL,
    seconds DOUBLE NOT NULL,
    created TIMESTAMP NOT NULL
);

CREATE TABLE _traces (
    trace_run BIGINT NOT NULL,
    epoch INTEGER NOT NULL,
    row BIGINT NOT NULL,
    loss DOUBLE,
    log_probability DOUBLE,
    margin DOUBLE,
    correct DOUBLE,
    error_norm DOUBLE
);

CREATE VIEW traces AS FROM _traces WHERE trace_run IN (SELECT trace_run FROM trace_runs);
