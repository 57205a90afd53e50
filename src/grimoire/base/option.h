// Option: one named setting of a command or a run, declared once as data. Command-line flags, configuration files, --help and
// the documentation are all made from it.
#pragma once

#include <limits>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "grimoire/base/json.h"

namespace grim {

// An enumeration whose values are numbered as the option's choices.
struct EnumTarget {
  void* place;
  size_t (*get)(const void* place);
  void (*set)(void* place, size_t choice);
};
template <class E> EnumTarget by_choice(E* e) {
  return {e, [](const void* place) { return static_cast<size_t>(*static_cast<const E*>(place)); },
          [](void* place, size_t choice) { *static_cast<E*>(place) = static_cast<E>(choice); }};
}

struct Option {
  std::string name;  // "batch-size"; "batch_size" in JSON
  std::string help;  // one line, with the unit
  std::variant<std::string*, int64_t*, double*, bool*, std::vector<std::string>*, EnumTarget> target;  // a list: may be given again and again
  std::vector<std::string> choices = {};  // of a text option (empty: any text) or an enumeration
  double low = -std::numeric_limits<double>::infinity();  // 1e-300: anything above 0
  double high = std::numeric_limits<double>::infinity();
  bool basic = false;  // shown by --help; the rest by --help-all
  bool required = false;
  // It is of use only where this other option is given, or on: "data"; or has one of these values: "method=exact|normal".
  std::string with = {};
  std::vector<std::string> without = {};  // and of none where one of these is: "curve", "folds=0"
  std::vector<Option> entries = {};       // of a list: it takes NAME=VALUE of these, which stand here for help; who takes the list checks them

  std::string key() const;                       // the JSON name
  bool is_switch() const { return std::holds_alternative<bool*>(target); }
  bool is_list() const { return std::holds_alternative<std::vector<std::string>*>(target); }
  // throws: usage, what it takes; `said` names the option there, "--name" else
  void check(std::string_view text, std::string_view said = {}) const;
  void set(std::string_view text, std::string_view said = {}) const;  // the same, and keeps it; a list grows by one
  void set_json(const Json& value) const;        // likewise, input
  Json json() const;                             // its present value
  std::string takes() const;                     // "integer from 1", "one of philox, torch"
};

using Options = std::vector<Option>;

Json to_json(const Options& options);
// Sets what the object names; `source`, a file, is named in errors. throws: input, an unknown key with the nearest known one, one that stands there
// in two spellings, a value of another kind.
void from_json(const Options& options, const Json& object, const std::string& source = "");
Options joined(const std::vector<Options>& parts);
const Option* find(const Options& options, std::string_view name);
std::string did_you_mean(std::string_view name, const Options& options, std::string otherwise = "");

}  // namespace grim
