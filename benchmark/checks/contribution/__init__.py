"""Are stored records sound, without training? `check` is the way in."""
