// How a model is judged on a part of its data: in two numbers, and in all that there is to tell of its answers.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "grimoire/report/report.h"

namespace grim {

enum class Part : uint8_t {
  train,
  dev,     // chooses the best weights
  test,
  common,  // the same for every split, on which models of different recipes can be compared
};
inline constexpr std::array kAllParts = {Part::train, Part::dev, Part::test, Part::common};
inline constexpr std::array kPartNames = {"train", "dev", "test", "common"};  // in that order

struct Judgement {
  double loss = NAN;     // mean
  double score = NAN;    // the higher the better; where a task has one (Task::score_name), it and not the loss says which weights are best
  double weight = 0;     // of what was judged
  bool stopped = false;  // before all was
};

// A judgement with what more there is to tell: the same for people and for programs, and what is said of each example.
struct Examination {
  Part part = Part::dev;
  std::string score_name = {};             // Task::score_name, or of a task without one what an examination alone finds
  Judgement judgement = {};
  std::vector<report::Block> blocks = {};  // figures, tables, the worst mistakes; none: the judgement is all there is
  Json result = Json::object();
  report::Table answers = {};              // a row an example
};

}  // namespace grim
