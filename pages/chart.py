"""Bars of a chart, measured in the units of an SVG's viewBox."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

# Below, the days; above, room for the number over the highest bar.
FOOT, HEAD = 26, 18


@dataclass(frozen=True, slots=True)
class Bar:
    day: date
    count: int
    x: int
    y: int
    width: int
    height: int
    is_marked: bool  # by a day below it: today, and every Monday

    @property
    def middle(self) -> int:
        return self.x + self.width // 2


@dataclass(frozen=True, slots=True)
class Chart:
    width: int
    height: int
    bars: tuple[Bar, ...]
    lines: tuple[tuple[int, int], ...]  # height in the picture, and what it stands for

    @property
    def floor(self) -> int:
        return self.height - FOOT

    @property
    def days(self) -> tuple[Bar, ...]:
        """The days on which there is something."""
        return tuple(bar for bar in self.bars if bar.count)

    @property
    def total(self) -> int:
        return sum(bar.count for bar in self.bars)


def chart(days: Iterable[date], first: date, number: int, width: int, height: int) -> Chart:
    """A bar for each of so many days; what is overdue counts as due on the first."""
    counts = Counter(max(day, first) for day in days)
    shown = [first + timedelta(days=each) for each in range(number)]
    highest = max([counts[day] for day in shown], default=0)
    top = _top(highest)
    room, step = height - FOOT - HEAD, width // number

    def tall(count: int) -> int:
        return max(3, count * room // top) if count else 0

    bars = [
        Bar(
            day=day,
            count=counts[day],
            x=number_of_day * step + 2,
            y=height - FOOT - tall(counts[day]),
            width=step - 4,
            height=tall(counts[day]),
            is_marked=number_of_day == 0 or (day.weekday() == 0 and number_of_day > 1),
        )
        for number_of_day, day in enumerate(shown)
    ]
    lines = [(height - FOOT - value * room // top, value) for value in sorted({top // 2, top} - {0})]
    return Chart(step * number, height, tuple(bars), tuple(lines))


def _top(highest: int) -> int:
    """A round and even number that no bar is higher than: 4, 6, 8, 10, 16, 20, 30, 40, 60, 80, 100, …"""
    power = 1
    while True:
        for step in (4, 6, 8, 10, 16, 20, 30):
            if step * power >= highest:
                return step * power
        power *= 10


def share(part: int, whole: int) -> int:
    """In thousandths of the whole, at most all of it; what is there is never too small to be seen."""
    if part <= 0 or whole <= 0:
        return 0
    return min(1000, max(8, part * 1000 // whole))
