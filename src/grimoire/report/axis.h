// The two axes of a chart: their ends, and the round numbers that stand at them.
#pragma once

#include <cmath>
#include <vector>

#include "grimoire/report/chart.h"

namespace grim {

struct Axis {
  double low = INFINITY, high = -INFINITY;
  bool log = false;

  void take(double v);
  void settle();                                 // ends that differ, also where nothing was taken
  void round_out();                              // out to a round number that lies just beyond an end
  double place(double v) const;                  // 0 .. 1; NaN where it cannot be drawn
  std::vector<double> ticks(int about) const;    // round numbers inside: 1, 2 or 5 times a power of ten; powers of ten alone on a long log axis
  std::vector<double> labelled(int about) const; // the ticks, or the ends where there are fewer than two
};

struct ChartAxes {
  Axis x, y;
};
ChartAxes axes_of(const Chart& chart);

}  // namespace grim
