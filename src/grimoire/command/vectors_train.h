// 'vectors train' and 'vectors quantize': their options, and their work.
#pragma once

#include "grimoire/command/command.h"
#include "grimoire/vectors/quantise.h"

namespace grim {

class VectorsTraining {
 public:
  Options options();
  void take_kind(const Settings& given);  // before they are set: what a kind takes where nothing is said
  int run(Console& console);

 private:
  std::vector<std::string> data_;
  std::string out_, from_;
  vectors::Vocabulary vocabulary_ = vectors::Vocabulary::extended;
  vectors::TrainingSettings settings_;
  int64_t threads_ = 0;
};

class VectorsQuantising {
 public:
  Options options();
  int run(Console& console, const std::string& model, const std::string& out) const;

 private:
  vectors::QuantiseSettings settings_;
  bool lengths_apart_ = false;
  std::string again_;
  int64_t epochs_ = 5, seed_ = 0, threads_ = 0;
  double lr_ = 0.1;
};

}  // namespace grim
