#include <algorithm>
#include <charconv>
#include <cmath>

#include "grimoire/base/utf8.h"
#include "grimoire/text/jinja/python_text.h"
#include "grimoire/text/unicode.h"

namespace grim::jinja {

std::string repr_real(double v) {
  if (std::isnan(v)) return "nan";
  if (std::isinf(v)) return v < 0 ? "-inf" : "inf";
  char scientific[40];  // the shortest digits that read back: "-1.25e-07"
  const auto written = std::to_chars(scientific, scientific + sizeof scientific, v, std::chars_format::scientific);
  const std::string_view s(scientific, static_cast<size_t>(written.ptr - scientific));
  const size_t e = s.find('e');
  int exponent = 0;
  std::from_chars(s.data() + e + (s[e + 1] == '+' ? 2 : 1), s.data() + s.size(), exponent);
  if (exponent < -4 || exponent >= 16) return std::string(s);
  char fixed[40];
  const auto plain = std::to_chars(fixed, fixed + sizeof fixed, v, std::chars_format::fixed);
  std::string out(fixed, plain.ptr);
  if (out.find('.') == std::string::npos) out += ".0";
  return out;
}

namespace {

bool printable(char32_t c) {
  return c == ' ' || class_of(c).category() < Category::Zs;
}

void append_hex(std::string& out, const char* prefix, char32_t c, int digits) {
  out += prefix;
  for (int i = digits - 1; i >= 0; --i) out += "0123456789abcdef"[c >> 4 * i & 15];
}

// A container's text is written piece by piece, so that a small value of many shared parts cannot grow without bound.
struct Writer {
  Meter& meter;
  std::string out = {};
  void add(std::string_view text) {
    if (text.size() > meter.limits().output_bytes - std::min(out.size(), meter.limits().output_bytes)) {
      throw Fault(str("the template writes more than {} bytes", meter.limits().output_bytes), ErrorKind::resource);
    }
    meter.step(1 + text.size() / 32);
    out += text;
  }
  void repr(const Value& v);
  void list(const std::vector<Value>& values, const char* open, const char* close);
  void json(const Value& v, const JsonStyle& style, const std::string& line);
  void json_object(const Dict& dict, const JsonStyle& style, const std::string& line);
};

void Writer::list(const std::vector<Value>& values, const char* open, const char* close) {
  add(open);
  for (size_t i = 0; i < values.size(); ++i) {
    if (i) add(", ");
    repr(values[i]);
  }
  add(close);
}

void Writer::repr(const Value& v) {
  switch (v.kind()) {
    case Kind::undefined: return add("Undefined");
    case Kind::none: return add("None");
    case Kind::boolean: return add(v.boolean() ? "True" : "False");
    case Kind::integer: return add(std::to_string(v.integer()));
    case Kind::real: return add(repr_real(v.real()));
    case Kind::text: return add(v.markup() ? "Markup(" + repr_text(v.text()) + ")" : repr_text(v.text()));
    case Kind::dict: {
      add("{");
      bool first = true;
      for (const auto& [key, value] : v.dict().members) {
        if (!std::exchange(first, false)) add(", ");
        repr(key);
        add(": ");
        repr(value);
      }
      return add("}");
    }
    case Kind::sequence: {
      const Sequence& s = v.sequence();
      switch (s.form) {
        case Sequence::Form::list: return list(s.values, "[", "]");
        case Sequence::Form::tuple: return list(s.values, "(", s.values.size() == 1 ? ",)" : ")");
        case Sequence::Form::range:
          return add(s.range[2] == 1 ? str("range({}, {})", s.range[0], s.range[1]) : str("range({}, {}, {})", s.range[0], s.range[1], s.range[2]));
        case Sequence::Form::keys: return list(s.values, "dict_keys([", "])");
        case Sequence::Form::values: return list(s.values, "dict_values([", "])");
        case Sequence::Form::items: return list(s.values, "dict_items([", "])");
        case Sequence::Form::iterator: throw Fault("a generator cannot be printed: put `| list` behind it");
      }
      return;
    }
    case Kind::loop: return add(str("<LoopContext {}/{}>", v.loop().at + 1, v.loop().values.size()));
    case Kind::space: throw Fault("a namespace cannot be printed: print its members");
    case Kind::callable: throw Fault(str("'{}' is a function and cannot be printed: call it", v.callable().name));
  }
}

std::string json_text(std::string_view text, bool ensure_ascii) {
  std::string out = "\"";
  for (size_t at = 0; at < text.size();) {
    const size_t begin = at;
    const char32_t c = next_code_point(text, at);
    need_few(out);
    constexpr std::string_view kPlain = "\"\\\n\r\t\b\f", kLetters = "\"\\nrtbf";
    if (const size_t i = c < 0x80 ? kPlain.find(static_cast<char>(c)) : std::string_view::npos; i != std::string_view::npos) {
      out += '\\';
      out += kLetters[i];
    } else if (c < 0x20 || (ensure_ascii && c > 0x7e && c < 0x10000)) {
      append_hex(out, "\\u", c, 4);
    } else if (ensure_ascii && c >= 0x10000) {
      append_hex(out, "\\u", 0xd800 + ((c - 0x10000) >> 10), 4);
      append_hex(out, "\\u", 0xdc00 + (c & 0x3ff), 4);
    } else {
      out += text.substr(begin, at - begin);
    }
  }
  return out + '"';
}

std::string json_number(double v) { return std::isnan(v) ? "NaN" : std::isinf(v) ? (v < 0 ? "-Infinity" : "Infinity") : repr_real(v); }

std::string json_key(const Value& key) {
  switch (key.kind()) {
    case Kind::text: return key.text();
    case Kind::none: return "null";
    case Kind::boolean: return key.boolean() ? "true" : "false";
    case Kind::integer: return std::to_string(key.integer());
    case Kind::real: return json_number(key.real());
    default: throw Fault(str("keys must be str, int, float, bool or None, not {}", type_name(key)));
  }
}

// `line` is what begins a line of this level; empty when everything stands on one.
void Writer::json_object(const Dict& dict, const JsonStyle& style, const std::string& line) {
  if (dict.members.empty()) return add("{}");
  std::vector<const std::pair<Value, Value>*> members;
  for (const auto& member : dict.members) members.push_back(&member);
  if (style.sort_keys) {
    std::stable_sort(members.begin(), members.end(), [&](const auto* a, const auto* b) { return less(meter, a->first, b->first); });
  }
  const std::string inner = style.indent ? line + *style.indent : "";
  add("{");
  for (size_t i = 0; i < members.size(); ++i) {
    if (i) add(style.between_items);
    add(inner);
    add(json_text(json_key(members[i]->first), style.ensure_ascii));
    add(style.behind_key);
    json(members[i]->second, style, inner);
  }
  if (style.indent) add(line);
  add("}");
}

void Writer::json(const Value& v, const JsonStyle& style, const std::string& line) {
  const bool listed = v.is(Kind::sequence) && v.sequence().form <= Sequence::Form::tuple;
  if (v.is(Kind::none)) return add("null");
  if (v.is(Kind::boolean)) return add(v.boolean() ? "true" : "false");
  if (v.is(Kind::integer)) return add(std::to_string(v.integer()));
  if (v.is(Kind::real)) return add(json_number(v.real()));
  if (v.is(Kind::text)) return add(json_text(v.text(), style.ensure_ascii));
  if (v.is(Kind::dict)) return json_object(v.dict(), style, line);
  if (v.is(Kind::undefined)) throw Fault(str("Object of type Undefined is not JSON serializable: {}", v.why_undefined()));
  if (!listed) throw Fault(str("Object of type {} is not JSON serializable", type_name(v)));
  const std::vector<Value>& values = v.sequence().values;
  if (values.empty()) return add("[]");
  const std::string inner = style.indent ? line + *style.indent : "";
  add("[");
  for (size_t i = 0; i < values.size(); ++i) {
    if (i) add(style.between_items);
    add(inner);
    json(values[i], style, inner);
  }
  if (style.indent) add(line);
  add("]");
}

}  // namespace

std::string repr_text(std::string_view text) {
  const bool doubled = text.find('\'') != std::string_view::npos && text.find('"') == std::string_view::npos;
  const char quote = doubled ? '"' : '\'';
  std::string out(1, quote);
  for (size_t at = 0; at < text.size();) {
    const size_t begin = at;
    const char32_t c = next_code_point(text, at);
    need_few(out);
    if (c == '\n') out += "\\n";
    else if (c == '\r') out += "\\r";
    else if (c == '\t') out += "\\t";
    else if (c == '\\' || c == static_cast<unsigned char>(quote)) (out += '\\') += static_cast<char>(c);
    else if (printable(c)) out += text.substr(begin, at - begin);
    else if (c < 0x100) append_hex(out, "\\x", c, 2);
    else if (c < 0x10000) append_hex(out, "\\u", c, 4);
    else append_hex(out, "\\U", c, 8);
  }
  return out + quote;
}

std::string repr(Meter& meter, const Value& v) {
  Writer writer{meter};
  writer.repr(v);
  return std::move(writer.out);
}

std::string to_text(Meter& meter, const Value& v) {
  if (v.is(Kind::text)) return v.text();
  if (v.is(Kind::undefined)) return "";
  return repr(meter, v);
}

std::string to_json(Meter& meter, const Value& v, const JsonStyle& style) {
  Writer writer{meter};
  writer.json(v, style, style.indent ? "\n" : "");
  return std::move(writer.out);
}

}  // namespace grim::jinja
