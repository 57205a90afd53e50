#include "grimoire/command/stats/test.h"

#include <algorithm>

#include "grimoire/base/error.h"

namespace grim {

void StatsTest::refuse_with(const char* form, std::initializer_list<const char*> names) const {
  for (const char* name : names)
    if (std::ranges::find(given, name) != given.end())
      throw Error(ErrorKind::usage, str("{}: --{} is of no use with {}", in.test, name, form), "leave one of them out");
}

Option option_of_alternative(std::string& target) {
  return {.name = "alternative", .help = "what is looked for", .target = &target, .choices = {"two-sided", "less", "greater"}, .basic = true};
}

Option option_of_level(double& target) {
  return {.name = "level", .help = "confidence of intervals", .target = &target, .low = 0.001, .high = 0.999999};
}

Option option_of_method(std::string& target) {
  return {.name = "method", .help = "of the p-value", .target = &target, .choices = {"automatic", "exact", "asymptotic"}};
}

Option option_of_continuity(std::string& target) {
  return {.name = "continuity", .help = "correction of the normal approximation", .target = &target, .choices = {"half", "none"}};
}

Option option_of_resamples(int64_t& target, double least) {
  return {.name = "resamples", .help = "how many", .target = &target, .low = least, .high = 1e8};
}

Option option_of_seed(int64_t& target) { return {.name = "seed", .help = "of the random numbers", .target = &target, .low = 0}; }

stats::PMethod method_of(const std::string& name) {
  return name == "exact" ? stats::PMethod::exact : name == "asymptotic" ? stats::PMethod::asymptotic : stats::PMethod::automatic;
}

stats::Continuity continuity_of(const std::string& name) { return name == "none" ? stats::Continuity::none : stats::Continuity::half; }

}  // namespace grim
