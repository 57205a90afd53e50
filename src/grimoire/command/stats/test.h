// A test of the command stats: its words, the options that it looks at, and its answer. A family of tests is a file of this folder, a new
// test an entry in it.
#pragma once

#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "grimoire/base/option.h"
#include "grimoire/command/stats/answer.h"
#include "grimoire/command/stats/inputs.h"

namespace grim {

// Its options are bound to members of its own.
class StatsTest {
 public:
  virtual ~StatsTest() = default;
  virtual Options options() = 0;
  virtual Answer answer() = 0;  // once `in` is open. throws: usage, what the options alone show to be wrong; else what the numbers do

  StatsInputs in;
  std::vector<std::string> given;  // names of options on the command line

 protected:
  // What one form of a test looks at and another does not. throws: usage, one of `names` that was given
  void refuse_with(const char* form, std::initializer_list<const char*> names) const;
};

struct StatsEntry {
  const char* name;
  const char* help;
  const char* examples;  // a line each
  std::unique_ptr<StatsTest> (*make)();
};
template <class T> std::unique_ptr<StatsTest> make_test() { return std::make_unique<T>(); }

struct StatsFamily {
  const char* title;
  std::span<const StatsEntry> tests;
};

// Options that many tests have, each bound to a member of the test.
Option option_of_alternative(std::string& target);
Option option_of_level(double& target);
Option option_of_method(std::string& target);
Option option_of_continuity(std::string& target);
Option option_of_resamples(int64_t& target, double least);
Option option_of_seed(int64_t& target);
stats::PMethod method_of(const std::string& name);
stats::Continuity continuity_of(const std::string& name);

}  // namespace grim
