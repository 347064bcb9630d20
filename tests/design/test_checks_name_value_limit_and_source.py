from oral_architect.reference import find

WANTED = ("watertight", "minimum thickness", "antagonist overlap", "step at the margin", "rebuilt", "remaining dentine")


def test_every_restoration_has_every_check(mouth):
    _, _, _, made = mouth
    for restoration in made.restorations:
        names = [c.check for c in restoration.checks]
        for wanted in WANTED:
            assert any(name.startswith(wanted) for name in names), wanted
        assert sum(name.startswith("crown ") for name in names) == 2


def test_every_check_says_its_source_and_where_to_look(mouth):
    _, _, _, made = mouth
    for check in made.checks:
        assert check.source
        assert check.standing
        assert check.unit
        assert check.fdi is not None
        if check.verdict == "fail":
            assert check.at is not None


def test_a_wall_without_published_limit_is_said_so(mouth):
    _, _, _, made = mouth
    for restoration in made.restorations:
        if restoration.kind == "rebuild":
            walls = [c for c in restoration.checks if c.check.startswith("minimum thickness")]
            assert walls
            assert all(c.limit is None and c.verdict == "warn" and "No published" in c.note for c in walls)


def test_the_dentine_limit_is_the_one_of_the_table(mouth):
    _, _, _, made = mouth
    row = find("clinical_limits", group="pulp", quantity="remaining_dentine_min_mm")
    limits = {c.limit for c in made.checks if c.check == "remaining dentine"}
    assert limits == {row.need("value")}
