#include "grimoire/command/applicable.h"

#include <algorithm>
#include <map>
#include <set>

#include "grimoire/base/error.h"
#include "grimoire/data/csv_cells.h"

namespace grim {

void refuse(Command& command, const std::string& problem, const std::string& hint) {
  throw Error(ErrorKind::usage, str("grimoire {}: {}", command.title(), problem), hint);
}

std::string see_help(Command& command) { return str("see grimoire {} --help", command.title()); }

std::string taken_by(Command& command, const Options& options) {
  constexpr size_t kMost = 16;
  std::vector<std::string> own;
  for (const Option& o : options) own.push_back(o.name);
  const bool many = own.size() > kMost;
  if (many) {
    const std::string form = command.form();
    std::set<std::string> special;
    for (const Form& other : command.forms().all) {
      command.take_form(other.name);
      const Options its = command.options();
      for (const std::string& name : own)
        if (!find(its, name)) special.insert(name);
    }
    command.take_form(form);
    std::erase_if(own, [&](const std::string& name) { return !special.contains(name); });
  }
  if (own.empty()) return many ? see_help(command) : "it takes no option";
  std::string list;
  for (const std::string& name : own) list += (list.empty() ? "--" : ", --") + name;
  return (many ? "its own are " : "it takes ") + list;
}

std::string forms_with(Command& command, const std::string& option) {
  constexpr size_t kShown = 3;
  const std::string form = command.form();
  std::vector<std::string> titles;
  for (const Form& other : command.forms().all) {
    command.take_form(other.name);
    if (find(command.options(), option)) titles.push_back(command.title());
  }
  command.take_form(form);
  const size_t more = titles.size() - std::min(kShown, titles.size());
  titles.resize(titles.size() - more);
  return joined(titles) + (more ? str(" and {} more", more) : "");
}

std::string in_words(const std::string& condition) {
  std::string words;
  for (const char c : condition) words += c == '|' ? " or " : std::string(1, c);
  return words;
}

std::string as_typed(const std::string& condition) {
  std::string typed = "--" + in_words(condition);
  if (const size_t equals = typed.find('='); equals != typed.npos) typed[equals] = ' ';
  return typed;
}

// The second of two values would win without a word about the first.
void refuse_twice(Command& command, const Options& options, const Settings& settings) {
  std::map<std::string, std::string> seen;
  for (const Setting& s : settings) {
    if (s.ambient) continue;
    const auto [first, fresh] = seen.try_emplace(s.name, s.value);
    const Option* const o = find(options, s.name);
    if (fresh || (o && o->is_list())) continue;
    if (o && o->is_switch() && first->second == s.value)
      refuse(command, str("--{}{} is given twice", s.value == "true" ? "" : "no-", s.name), "once is enough");
    refuse(command, str("--{} is given twice: '{}' and '{}'", s.name, first->second, s.value), "it takes one value");
  }
}

namespace {

const Setting* last(const Settings& settings, const std::string& name) {
  const auto found = std::find_if(settings.rbegin(), settings.rend(), [&](const Setting& s) { return s.name == name; });
  return found == settings.rend() ? nullptr : &*found;
}

// 0, 0.0 and -0 are one number.
bool same_value(const Option& option, std::string_view a, std::string_view b) {
  if (!std::holds_alternative<int64_t*>(option.target) && !std::holds_alternative<double*>(option.target)) return a == b;
  double x = 0, y = 0;
  return to_number(a, x) && to_number(b, y) ? x == y : a == b;
}

bool is_among(const Option& option, const std::string& value, std::string_view allowed) {
  return std::ranges::any_of(split(allowed, '|'), [&](std::string_view other) { return same_value(option, value, other); });
}

// What can be no value of its option is said before what it would mean for the others.
void refuse_values(Command& command, const Options& options, const Settings& settings) {
  for (const Setting& s : settings) {
    if (s.ambient) continue;
    const Option* const o = find(options, s.name);
    if (!o) throw Error(ErrorKind::usage, str("grimoire {} takes no --{}", command.title(), s.name), taken_by(command, options));
    o->check(s.value);
  }
}

// What would be accepted and then not looked at.
void refuse_useless(Command& command, const Options& options, const Settings& settings) {
  for (const Setting& s : settings) {
    if (s.ambient) continue;
    const Option* const o = find(options, s.name);
    if (!o->with.empty() && !holds(o->with, options, settings))
      refuse(command, str("--{} is of use with {} only", o->name, as_typed(o->with)), "leave it out, or give that too");
    for (const std::string& other : o->without)
      if (stands_against(other, options, settings))
        refuse(command, str("--{} is of no use with {}", o->name, as_typed(other)), "leave one of them out");
  }
}

void refuse_missing(Command& command, const Options& options, const Settings& settings) {
  for (const Option& o : options)
    if (o.required && !last(settings, o.name)) refuse(command, str("--{} is missing: {}", o.name, o.help), "for example: " + fitting_examples(command).front());
}

}  // namespace

bool holds(const std::string& condition, const Options& options, const Settings& settings) {
  const size_t equals = condition.find('=');
  const Option* const option = find(options, condition.substr(0, equals));
  const Setting* const setting = last(settings, condition.substr(0, equals));
  if (!option) return true;  // this form has no such option: it goes without saying
  const Json standard = option->json();
  if (equals == std::string::npos) return setting ? setting->value != "false" : option->is_switch() && standard.as_boolean();
  const std::string value = setting ? setting->value : standard.kind() == Json::Kind::text ? standard.as_text() : standard.dump();
  return is_among(*option, value, std::string_view(condition).substr(equals + 1));
}

bool stands_against(const std::string& condition, const Options& options, const Settings& settings) {
  const size_t equals = condition.find('=');
  const Setting* const present = last(settings, condition.substr(0, equals));
  if (!present || present->ambient) return false;
  if (equals == std::string::npos) return present->value != "false";
  const Option* const option = find(options, present->name);
  return option && is_among(*option, present->value, std::string_view(condition).substr(equals + 1));
}

void check_settings(Command& command, const Options& options, const Settings& settings) {
  refuse_twice(command, options, settings);
  refuse_values(command, options, settings);
  refuse_useless(command, options, settings);
  refuse_missing(command, options, settings);
}

}  // namespace grim
