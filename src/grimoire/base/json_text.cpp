// JSON as text. simdjson's On-Demand interface goes through what is read, and what it finds becomes a tree or is shown to a sink.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include <simdjson.h>

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/base/json.h"
#include "grimoire/base/utf8.h"

namespace grim {
// --- parsing ---------------------------------------------------------------------------------------------------------

// Builds the tree from what is found; `stack` holds the open arrays and objects.
struct JsonBuilder {
  std::string_view whole;
  std::shared_ptr<const std::string> source;
  size_t values_left;
  Json root = {};
  std::vector<Json> stack = {};
  std::vector<std::string> pending_keys = {};  // of the open objects that wait for a value
  const std::vector<Json::Sink>* sinks = nullptr;
  const Json::Sink* sink = nullptr;  // that of the innermost open container that has one
  size_t sink_depth = 0;             // of that container in `stack`, from 1
  Json shown = {};                   // to a sink: one value for all of them, since a vocabulary has hundreds of thousands

  [[noreturn]] void refuse(const std::string& problem) const {
    fail(ErrorKind::input, "json", *source + ": " + problem);
  }

  void count() {
    if (values_left-- == 0) refuse("too many values");
  }
  bool in_sink() const { return sink && stack.size() == sink_depth; }
  void show(const Json& value) {
    const bool keyed = stack.back().kind_ == Json::Kind::object;
    sink->take(keyed ? std::string_view(pending_keys.back()) : std::string_view(), value);
    if (keyed) pending_keys.pop_back();
  }
  void add_integer(int64_t v) {
    if (!in_sink()) return add(v);
    count();
    shown.kind_ = Json::Kind::integer;
    shown.integer_ = v;
    return show(shown);
  }
  void add_text(std::string_view v) {
    if (!in_sink()) return add(v);
    count();
    shown.kind_ = Json::Kind::text;
    shown.text_ = v;
    return show(shown);
  }
  void add(Json value) {
    count();
    value.source_ = source;
    if (stack.empty()) {
      root = std::move(value);
    } else {
      if (in_sink()) return show(value);
      Json& open = stack.back();
      if (open.kind_ == Json::Kind::object) {
        open.keys_.push_back(std::move(pending_keys.back()));
        pending_keys.pop_back();
      }
      open.items_.push_back(std::move(value));
    }
  }
  void open(Json value, const char* where) {
    if (stack.size() >= Json::kMaxDepth) refuse_at(where, str("nested deeper than {} levels", Json::kMaxDepth));
    stack.push_back(std::move(value));
    if (sinks && !sink)
      for (const Json::Sink& s : *sinks)
        if (s.path.size() + 1 == stack.size() && s.path == pending_keys) sink = &s, sink_depth = stack.size(), shown.source_ = source;
  }
  void close(const char* opened) {
    if (sink && stack.size() == sink_depth) sink = nullptr;
    Json done = std::move(stack.back());
    stack.pop_back();
    refuse_duplicates(done.keys_, opened);
    add(std::move(done));
  }
  void refuse_duplicates(const std::vector<std::string>& keys, const char* opened) const {
    std::vector<std::string_view> sorted(keys.begin(), keys.end());
    std::sort(sorted.begin(), sorted.end());
    const auto twice = std::adjacent_find(sorted.begin(), sorted.end());
    if (twice != sorted.end()) refuse_at(opened, str("in the object that begins here, key '{}' appears twice", *twice));
  }

  [[noreturn]] void refuse_at(size_t position, const std::string& problem) const {
    const TextPlace place = place_of(whole, std::min(position, whole.size()));
    refuse(str("line {}, column {}: {}", place.line, place.column, problem));
  }
  [[noreturn]] void refuse_at(const char* place, const std::string& problem) const { refuse_at(static_cast<size_t>(place - whole.data()), problem); }
  // What stands there, for a message: of one line, and none that a terminal would obey.
  std::string_view shown_at(const char* place) const {
    constexpr size_t kMost = 20;
    std::string_view text = whole.substr(static_cast<size_t>(place - whole.data()), kMost);
    text = text.substr(0, static_cast<size_t>(std::ranges::find_if(text, [](char c) { return static_cast<uint8_t>(c) < 0x20 || c == 0x7f; }) - text.begin()));
    while (ends_in_part_of_character(text)) text.remove_suffix(1);
    return text;
  }
};

namespace {

namespace od = simdjson::ondemand;

constexpr std::string_view kBlank = " \t\r\n";

// What stands between the quotes, the first of them before `begin`, where nothing in it is escaped.
std::optional<std::string_view> unescaped(const char* begin) {
  const char* end = begin;
  while (*end != '"' && *end != '\\') ++end;
  return *end == '"' ? std::optional(std::string_view(begin, static_cast<size_t>(end - begin))) : std::nullopt;
}

template <class Value> void read_number(JsonBuilder& to, Value&& value) {
  const char* const begin = std::string_view(value.raw_json_token()).data();
  od::number number;
  if (value.get_number().get(number) != simdjson::SUCCESS) {  // an integer of more than 64 bits, or none
    double real = 0;
    if (value.get_double().get(real) == simdjson::SUCCESS) return to.add(real);
    to.refuse_at(begin, str("syntax error: '{}' is no number of JSON, or beyond the largest", to.shown_at(begin)));
  }
  if (number.is_int64()) return to.add_integer(number.get_int64());
  to.add(number.is_uint64() ? static_cast<double>(number.get_uint64()) : number.get_double());
}

std::string_view read_escapes(const JsonBuilder& to, const char* begin, simdjson::simdjson_result<std::string_view> read) {
  std::string_view text;
  if (std::move(read).get(text) != simdjson::SUCCESS) to.refuse_at(begin - 1, "syntax error: the text that begins here has an escape that JSON has not");
  return text;
}

template <class Value> void read(JsonBuilder& to, Value&& value) {
  const od::json_type type = value.type();
  const bool nests = type == od::json_type::object || type == od::json_type::array;
  const char* const opened = nests ? std::string_view(value.raw_json_token()).data() : nullptr;
  switch (type) {
    case od::json_type::object:
      to.open(Json::object(), opened);
      for (od::field field : value.get_object()) {
        const char* const begin = field.key().raw();
        const auto key = unescaped(begin);
        to.pending_keys.emplace_back(key ? *key : read_escapes(to, begin, field.unescaped_key()));
        read(to, field.value());
      }
      return to.close(opened);
    case od::json_type::array:
      to.open(Json::array(), opened);
      for (od::value item : value.get_array()) read(to, item);
      return to.close(opened);
    case od::json_type::string: {
      const char* const begin = std::string_view(value.raw_json_token()).data() + 1;
      const auto text = unescaped(begin);
      to.add_text(text ? *text : read_escapes(to, begin, value.get_string()));
      if (text) value.get_raw_json_string().value();  // goes on behind it
      return;
    }
    case od::json_type::number: return read_number(to, value);
    case od::json_type::boolean: return to.add(value.get_bool().value());
    case od::json_type::null:
      if (!value.is_null().value()) throw simdjson::simdjson_error(simdjson::N_ATOM_ERROR);
      return to.add({});
  }
}

// simdjson looks for the ends of all texts first, and does not say where one is wrong.
[[noreturn]] void refuse_texts(const JsonBuilder& to) {
  if (const auto fault = find_utf8_fault(to.whole)) to.refuse_at(fault->byte, "not UTF-8: " + fault->what);
  size_t opened = std::string_view::npos;  // the quote of the text that is open
  for (size_t at = 0; at < to.whole.size(); ++at) {
    const char c = to.whole[at];
    const bool open = opened != std::string_view::npos;
    if (open && static_cast<uint8_t>(c) < 0x20) to.refuse_at(at, str("the control character {:#04x} stands in a text without its escape", c));
    if (!open && c == '\\') to.refuse_at(at, "syntax error: a backslash outside of a text");
    if (c == '"') opened = open ? std::string_view::npos : at;
    if (c == '\\' && at + 1 < to.whole.size() && static_cast<uint8_t>(to.whole[at + 1]) >= 0x20) ++at;
  }
  to.refuse_at(opened, "a text without its closing quote");
}

// Where the text goes on behind its first object or array, by the brackets alone; its size where those never close, or close others. Texts are whole.
size_t end_of_first(std::string_view text) {
  std::string open;
  bool in_text = false;
  for (size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (in_text && c == '\\') ++at;
    if (c == '"') in_text = !in_text;
    if (in_text) continue;
    if (c == '{' || c == '[') open += c;
    if (c != '}' && c != ']') continue;
    if (open.empty() || open.back() != (c == '}' ? '{' : '[')) break;
    open.pop_back();
    if (open.empty()) return std::min(text.find_first_not_of(kBlank, at + 1), text.size());
  }
  return text.size();
}

[[noreturn]] void refuse_behind(const JsonBuilder& to, const char* place) {
  to.refuse_at(place, str("syntax error: '{}' stands behind the end of the value", to.shown_at(place)));
}

// `to.whole` has simdjson::SIMDJSON_PADDING bytes behind it.
Json parsed(JsonBuilder to) {
  if (const size_t nul = to.whole.find('\0'); nul != std::string_view::npos) to.refuse_at(nul, "a NUL byte is not JSON");
  std::string_view text = without_byte_order_mark(to.whole);
  text = text.substr(0, text.find_last_not_of(kBlank) + 1);  // npos + 1 is 0
  refuse_stand_in(text, *to.source);
  od::parser parser;
  od::document document;
  const auto refused = parser.iterate(text, text.size() + simdjson::SIMDJSON_PADDING).get(document);
  if (refused == simdjson::EMPTY) to.refuse_at(to.whole.size(), "syntax error: a value is missing");
  if (refused == simdjson::UNCLOSED_STRING || refused == simdjson::UNESCAPED_CHARS || refused == simdjson::UTF8_ERROR) refuse_texts(to);
  if (refused != simdjson::SUCCESS) to.refuse(simdjson::error_message(refused));
  try {
    read(to, document);
    if (const char* place; document.current_location().get(place) == simdjson::SUCCESS) refuse_behind(to, place);
  } catch (const simdjson::simdjson_error&) {
    const char first = text[text.find_first_not_of(kBlank)], closing = first == '{' ? '}' : ']';
    if ((first == '{' || first == '[') && text.back() != closing) {  // looked at before all else
      if (const char* const behind = text.data() + end_of_first(text); behind < text.data() + text.size())
        refuse_behind(to, behind);
      to.refuse_at(&text.back(), str("syntax error: it does not end with '{}'", std::string(1, closing)));
    }
    const char* place = nullptr;
    if (document.current_location().get(place) != simdjson::SUCCESS || place >= text.data() + text.size())
      to.refuse_at(to.whole.size(), "syntax error: it ends too early");
    to.refuse_at(place, str("syntax error at '{}'", to.shown_at(place)));
  }
  return std::move(to.root);
}

}  // namespace

Json Json::parse(std::string_view text, std::string_view source, size_t max_values) {
  const simdjson::padded_string padded(text);
  return parsed({.whole = padded, .source = std::make_shared<const std::string>(source), .values_left = max_values});
}

Json Json::parse(std::string& text, std::string_view source, const std::vector<Sink>& sinks) {
  text.reserve(text.size() + simdjson::SIMDJSON_PADDING);
  return parsed({.whole = text, .source = std::make_shared<const std::string>(source), .values_left = SIZE_MAX, .sinks = &sinks});
}

// --- writing ---------------------------------------------------------------------------------------------------------

namespace {

std::string in_quotes(std::string_view text) {
  if (!simdjson::validate_utf8(text)) return in_quotes(well_formed(text));
  std::string out = "\"";
  for (const char c : text) {
    if (const auto escape = std::string_view("\"\\\b\f\n\r\t").find(c); escape != std::string_view::npos) {
      out += '\\';
      out += R"("\bfnrt)"[escape];
    } else if (static_cast<uint8_t>(c) < 0x20) {
      out += str("\\u{:04x}", c);
    } else {
      out += c;
    }
  }
  return out + '"';
}

void write_real(std::string& out, double v) {
  if (!std::isfinite(v)) {
    out += std::isnan(v) ? R"("NaN")" : v > 0 ? R"("Infinity")" : R"("-Infinity")";
    return;
  }
  char digits[32];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, v);
  out.append(digits, end);
  if (std::find_if(digits, end, [](char c) { return c == '.' || c == 'e'; }) == end) out += ".0";
}

}  // namespace

void Json::write(std::string& out, int level) const {
  switch (kind_) {
    case Kind::null: out += "null"; return;
    case Kind::boolean: out += integer_ ? "true" : "false"; return;
    case Kind::integer: out += std::to_string(integer_); return;
    case Kind::real: write_real(out, real_); return;
    case Kind::text: out += in_quotes(text_); return;
    default: break;
  }
  const bool object = kind_ == Kind::object;
  const bool nested =
      object || std::any_of(items_.begin(), items_.end(), [](const Json& v) { return v.kind_ >= Kind::array; });
  const bool rows = level >= 0 && nested && !items_.empty();
  const std::string line = rows ? "\n" + std::string(static_cast<size_t>(2 * level + 2), ' ') : "";
  out += object ? '{' : '[';
  for (size_t i = 0; i < items_.size(); ++i) {
    if (i) out += rows ? "," : ", ";
    out += line;
    if (object) out += in_quotes(keys_[i]) + ": ";
    items_[i].write(out, level < 0 ? level : level + 1);
  }
  if (rows) out += "\n" + std::string(static_cast<size_t>(2 * level), ' ');
  out += object ? '}' : ']';
}

std::string Json::dump() const {
  std::string out;
  write(out, -1);
  return out;
}

std::string Json::dump_pretty() const {
  std::string out;
  write(out, 0);
  return out + "\n";
}

}  // namespace grim
