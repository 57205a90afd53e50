// metrics.jsonl read back: the course of a run as its log tells it.
#pragma once

#include <cmath>
#include <cstdint>
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
  struct Score {
    double step, score;
  };
  std::vector<Score> scores;        // of the dev part, likewise, of a task that has one
  std::string score_name;           // what it is called
  std::string ending;               // "end", "stopped", "diverged"; empty for a run that was killed or still works
  double step = NAN, best_step = NAN;  // of the ending
  double lost = NAN;                   // the loss that a diverged run ended with
  // Of the best weights, at the ending.
  double train_loss = NAN, dev_loss = NAN, test_loss = NAN, common_loss = NAN, baseline = NAN, dev_score = NAN, test_score = NAN;
  double tokens_per_second = NAN, seconds = NAN;

  bool exists = false;   // the file
  int64_t lines = 0;     // that were read
  int64_t cut_line = 0;  // from 1: the last one, if it is unfinished, as a killed run leaves it; it was not read
  // "metrics.jsonl is cut off in line 4"; empty when it is whole.
  std::string cut_in_words() const;
};

// Of FOLDER/metrics.jsonl, which may be missing. throws: input, naming a line that is no event and has others behind it
Curves read_curves(const std::string& folder);

}  // namespace grim
