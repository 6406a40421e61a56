from terminal.viewmodels.keys import DEFAULT_KEYS, REPEATABLE, Chord, LadderAction, chords_of


def test_every_action_has_a_key() -> None:
    """The ladder is driven by keys alone."""
    assert set(DEFAULT_KEYS.values()) == set(LadderAction)


def test_nothing_that_trades_repeats_on_a_held_key() -> None:
    """Holding B sends one order."""
    assert all("Cursor" in action.value for action in REPEATABLE)


def test_labels_read_like_key_caps() -> None:
    """What help and tooltips show."""
    assert Chord("Delete", shift=True, ctrl=True).label == "Ctrl+Shift+Delete"
    assert chords_of(LadderAction.BUY, DEFAULT_KEYS) == (Chord("B"),)
