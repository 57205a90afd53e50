// metrics.jsonl read back: the course of a run as its log tells it.
#pragma once

#include <cmath>
#include <string>
#include <vector>

namespace grim {

struct Curves {
  struct Point {
    double step, loss;
  };
  std::vector<Point> train;         // mean over the steps since the point before
  std::vector<Point> dev;           // of the weights at that step
  std::vector<Point> train_at_dev;  // mean over the steps between evaluations
  std::string ending;               // "end", "stopped", "diverged"; empty for a run that was killed or still works
  double step = NAN, best_step = NAN;  // of the ending
  double lost = NAN;                   // the loss that a diverged run ended with
  // Of the best weights, at the ending.
  double train_loss = NAN, dev_loss = NAN, test_loss = NAN, common_loss = NAN, baseline = NAN;
  double tokens_per_second = NAN, seconds = NAN;
};

// Of FOLDER/metrics.jsonl, which may be missing. throws: input
Curves read_curves(const std::string& folder);

}  // namespace grim
