// What fit, validate and doctor share: reading a table of examples, and putting a learner together from flags.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "grimoire/classic/estimator.h"
#include "grimoire/command/command.h"
#include "grimoire/command/csv_flags.h"
#include "grimoire/data/features.h"

namespace grim {

struct DataFlags {
  std::string data, target, as = "auto", weight, index_base = "auto";
  CsvFlags csv;
  std::vector<std::string> category, missing, drop;
  bool only_numbers = false;
  bool target_if_there = false;
  Layout likely = {};  // of the file a model was fitted on; holds where no flag says otherwise

  Options options();
  // Before a long fit: a target of few whole numbers is a number to a learner that knows nothing else.
  void suit(const Estimator& learner) { only_numbers = learner.regresses() && !learner.classifies(); }
  // `known`: a fitted model's columns and classes. What is to be noted of the reading is said on the console. throws: usage, input
  Dataset load(Console& console, const Estimator* known = nullptr);
  DatasetOptions dataset_options() const;
  void refuse_strange(const std::string& format) const;  // throws: usage, a flag that looks at another kind of file
  // How the file was read, for the model's file; and back: what no flag says is then read the same way.
  Json kept(const Dataset& data) const;
  void follow(const Json& kept);
};

// Forms by --model: the learners that such a command works with, under headings.
enum class Learners : uint8_t { all, with_target };
Forms forms_by_learner(Learners which, const std::string& verb);
std::string example_of(const std::string& begin, const std::string& learner, const std::string& end = "");  // a command line
void erase_useless(Options& options, const std::string& learner);  // of data: weights, where a learner takes none

struct LearnerFlags {
  std::string model;
  std::vector<std::string> params;
  std::string scale = "none", impute = "auto", encode = "auto", calibrate = "none", class_weight;
  int64_t threads = 0;

  Options options(const std::string& learner);  // those that this one has a use for, its parameters as entries; "": of all
  // With its parameters, nothing before it. throws: usage; cheap, so call it first
  std::unique_ptr<Estimator> bare() const;
  // What would be taken and not looked at: a parameter that means nothing beside the others, or one whose values `flag` ("grid", "vary") tries.
  // throws: usage
  void refuse_useless(const std::string& flag = "", const std::vector<std::string>& axes = {}) const;
  // The learner with the steps before it that the data ask for; each step that was not asked for is said on the console.
  std::unique_ptr<Estimator> build(const Dataset& data, Console& console) const;
  void weigh_classes(Dataset& data) const;  // --class-weight balanced, or NAME=WEIGHT,...

 private:
  void try_value(const std::string& flag, const Setting& tried) const;
  std::unique_ptr<Estimator> described_;  // whose parameters options() shows
};

// Before a long fit: a file that cannot be written, or is the table itself, is said at once. throws: usage, input
void check_output(const std::string& flag, const std::string& path, const std::string& data);

std::string shape_in_words(const Dataset& data);  // "569 rows, 30 columns, 2 classes"

}  // namespace grim
