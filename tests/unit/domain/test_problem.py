from triage.domain.problem import Problem, ProblemCode


def test_a_problem_is_told_by_its_kind_its_subject_and_a_sentence() -> None:
    problem = Problem(ProblemCode.FILM_LOST, "film 7", "its file is not there")

    assert f"{problem.code} {problem.subject}" == "film_lost film 7"


def test_kinds_are_words_for_a_program() -> None:
    assert all(code.value.replace("_", "").isalpha() for code in ProblemCode)
