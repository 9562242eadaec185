-- What each version of the model said of the films that it was given; rows are to be summed up.
CREATE VIEW report_model_versions AS
SELECT
    day, label, bundle_name, bundle_version, bundle_digest, films, reached, probability_sum,
    infer_s_sum
FROM report_scores
