// What fit, validate and doctor share: reading a table of examples, and putting a learner together from flags.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "grimoire/classic/estimator.h"
#include "grimoire/command/command.h"
#include "grimoire/data/features.h"

namespace grim {

struct DataFlags {
  std::string data, target, as = "auto", weight, header = "auto", delimiter;
  std::vector<std::string> category, missing;

  Options options();
  // `known`: a fitted model's columns and classes. throws: usage, input
  Dataset load(const Estimator* known = nullptr) const;
  DatasetOptions dataset_options() const;
};

struct LearnerFlags {
  std::string model;
  std::vector<std::string> params;
  std::string scale = "none", impute = "auto", encode = "auto", calibrate = "none", class_weight;
  int64_t threads = 0;

  Options options();
  std::unique_ptr<Estimator> bare() const;  // with its parameters, nothing before it. throws: usage; cheap, so call it before loading
  // The learner with the steps before it that the data ask for; each step that was not asked for is said on the console.
  std::unique_ptr<Estimator> build(const Dataset& data, Console& console) const;
  void weigh_classes(Dataset& data) const;  // --class-weight balanced, or NAME=WEIGHT,...
};

std::string shape_in_words(const Dataset& data);  // "569 rows, 30 columns, 2 classes"

}  // namespace grim
