#include "grimoire/base/option.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>

#include "grimoire/base/error.h"

namespace grim {
namespace {

std::string underscored(std::string name) {
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

template <class T> bool parse(std::string_view text, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

// Who is to blame, and how it is called there: a file's key, a command line's flag.
struct Place {
  ErrorKind kind;
  std::string said;
};
Place in_file(const Option& o) { return {ErrorKind::input, str("key '{}'", o.key())}; }
Place in_words(const Option& o, std::string_view said) { return {ErrorKind::usage, said.empty() ? "--" + o.name : std::string(said)}; }

[[noreturn]] void refuse(const Place& place, const Option& o, const std::string& got) {
  throw Error(place.kind, str("{}: got '{}', expected {}", place.said, got, o.takes()), did_you_mean(got, o.choices));
}

size_t choice_of(const Place& place, const Option& o, const std::string& text) {
  const auto found = std::find(o.choices.begin(), o.choices.end(), text);
  if (found == o.choices.end()) refuse(place, o, text);
  return static_cast<size_t>(found - o.choices.begin());
}

// The value that `text` stands for. throws: of that kind
template <class T> T value_of(const Place& place, const Option& o, const std::string& text) {
  if constexpr (std::is_same_v<T, bool>) {
    if (text != "true" && text != "false") refuse(place, o, text);
    return text == "true";
  } else if constexpr (std::is_arithmetic_v<T>) {
    T value = 0;
    if (!parse(text, value)) refuse(place, o, text);
    const double v = static_cast<double>(value);
    if (!std::isfinite(v) || v < o.low || v > o.high) refuse(place, o, text);
    return value;
  } else {
    if (!o.choices.empty()) choice_of(place, o, text);
    return text;
  }
}

void assign(const Place& place, const Option& o, const std::string& text) {
  std::visit([&]<class T>(T target) {
    if constexpr (std::is_same_v<T, std::vector<std::string>*>) target->push_back(text);
    else if constexpr (std::is_same_v<T, EnumTarget>) target.set(target.place, choice_of(place, o, text));
    else *target = value_of<std::remove_pointer_t<T>>(place, o, text);
  }, o.target);
}

}  // namespace

std::string Option::key() const { return underscored(name); }

std::string Option::takes() const {
  if (!choices.empty()) return "one of " + joined(choices);
  if (std::holds_alternative<std::string*>(target)) return "text";
  if (is_switch()) return "true or false";
  if (is_list()) return "text, as often as needed";
  const bool whole = std::holds_alternative<int64_t*>(target);
  std::string s = whole ? "an integer" : "a number";
  const bool open = low > 0 && low <= 1e-300;
  if (open) s += " above 0";
  else if (low > -1e300) s += whole ? str(" from {}", static_cast<int64_t>(low)) : str(" from {}", low);
  if (high < 1e300) s += whole ? str(" to {}", static_cast<int64_t>(high)) : str("{} {}", open ? ", at most" : " to", high);
  return s;
}

void Option::check(std::string_view text, std::string_view said) const {
  const Place place = in_words(*this, said);
  std::visit([&]<class T>(T) {
    if constexpr (std::is_same_v<T, EnumTarget>) choice_of(place, *this, std::string(text));
    else if constexpr (!std::is_same_v<T, std::vector<std::string>*>) value_of<std::remove_pointer_t<T>>(place, *this, std::string(text));
  }, target);
}

void Option::set(std::string_view text, std::string_view said) const { assign(in_words(*this, said), *this, std::string(text)); }

void Option::set_json(const Json& value) const {
  if (is_list() && value.is_array()) {
    for (const Json& item : value.items()) set_json(item);
    return;
  }
  const bool words = value.kind() == Json::Kind::text;
  const std::string text = words ? value.as_text() : value.dump();
  const bool takes_words = is_list() || std::holds_alternative<std::string*>(target) || std::holds_alternative<EnumTarget>(target);
  if (words && !takes_words) {
    double number = 0;
    const bool bare = is_switch() ? text == "true" || text == "false" : parse(text, number) && std::isfinite(number);
    throw Error(ErrorKind::input, str("key '{}': got the text \"{}\", expected {}", key(), text, takes()),
                bare ? str("write it without quotes: \"{}\": {}", key(), text) : "");
  }
  if (takes_words && (value.is_null() || value.is_array() || value.is_object())) refuse(in_file(*this), *this, text);
  assign(in_file(*this), *this, text);
}

Json Option::json() const {
  if (is_list()) return Json::array_of(*std::get<std::vector<std::string>*>(target));
  if (const auto* const e = std::get_if<EnumTarget>(&target)) return choices[e->get(e->place)];
  return std::visit([](auto value) -> Json {
    if constexpr (std::is_same_v<decltype(value), std::vector<std::string>*> || std::is_same_v<decltype(value), EnumTarget>) return {};
    else return Json(*value);
  }, target);
}

Json to_json(const Options& options) {
  Json object = Json::object();
  for (const Option& o : options) object.set(o.key(), o.json());
  return object;
}

void from_json(const Options& options, const Json& object, const std::string& source) {
  const std::string where = source.empty() ? "" : source + ": ";
  if (!object.is_object()) fail(ErrorKind::input, "settings", str("{}got {}, expected an object", where, name_of(object.kind())));
  std::map<const Option*, std::string> spelled;
  for (size_t i = 0; i < object.size(); ++i) {
    const Option* option = find(options, object.keys()[i]);
    if (!option) throw Error(ErrorKind::input, str("{}unknown setting '{}'", where, object.keys()[i]), did_you_mean(object.keys()[i], options));
    if (const auto [before, first] = spelled.emplace(option, object.keys()[i]); !first)
      throw Error(ErrorKind::input, str("{}'{}' and '{}' are one setting, given twice", where, before->second, object.keys()[i]), "leave one of them out");
    try {
      option->set_json(object[i]);
    } catch (const Error& e) {
      throw Error(e.kind(), where + e.what(), e.hint());
    }
  }
}

Options joined(const std::vector<Options>& parts) {
  Options all;
  for (const Options& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

const Option* find(const Options& options, std::string_view name) {
  const std::string key = underscored(std::string(name));
  for (const Option& o : options)
    if (o.key() == key) return &o;
  return nullptr;
}

std::string did_you_mean(std::string_view name, const Options& options, std::string otherwise) {
  std::vector<std::string> names;
  for (const Option& o : options) names.push_back(o.name);
  return did_you_mean(name, names, std::move(otherwise));
}

}  // namespace grim
