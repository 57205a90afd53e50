// printf-style formatting of Python ("%s, %d" % values) and str.format.
#include <algorithm>
#include <charconv>
#include <cmath>

#include "grimoire/base/utf8.h"
#include "grimoire/text/jinja/python_text.h"
#include "grimoire/text/jinja/run.h"

namespace grim::jinja {
namespace {

struct Style {
  std::string fill = " ";
  char align = 0;      // < > ^ =
  char sign = 0;       // + or blank
  bool alternate = false, comma = false;
  int64_t width = 0, precision = -1;
  char type = 0;
};

constexpr int64_t kWidest = 10'000;

std::string padded(const std::string& text, const Style& s, char natural) {
  const int64_t missing = s.width - count_code_points(text);
  if (missing <= 0) return text;
  const char align = s.align ? s.align : natural;
  const auto blanks = [&](int64_t n) {
    std::string out;
    for (int64_t i = 0; i < n; ++i) out += s.fill;
    return out;
  };
  if (align == '<') return text + blanks(missing);
  if (align == '^') return blanks(missing / 2) + text + blanks(missing - missing / 2);
  const size_t sign = align == '=' && !text.empty() && (text[0] == '-' || text[0] == '+' || text[0] == ' ') ? 1 : 0;
  return text.substr(0, sign) + blanks(missing) + text.substr(sign);
}

std::string with_sign(std::string digits, bool negative, const Style& s) {
  if (negative) return "-" + digits;
  return s.sign ? s.sign + digits : digits;
}

void group_thousands(std::string& digits) {
  const size_t whole = std::min(digits.find_first_not_of("0123456789"), digits.size());
  for (size_t i = whole; i > 3; i -= 3) digits.insert(i - 3, ",");
}

std::string format_integer(int64_t v, const Style& s) {
  const int base = s.type == 'x' || s.type == 'X' ? 16 : s.type == 'o' ? 8 : s.type == 'b' ? 2 : 10;
  char buffer[72];
  const auto magnitude = v < 0 ? ~static_cast<uint64_t>(v) + 1 : static_cast<uint64_t>(v);
  std::string digits(buffer, std::to_chars(buffer, buffer + sizeof buffer, magnitude, base).ptr);
  if (s.type == 'X') std::transform(digits.begin(), digits.end(), digits.begin(), [](char c) { return static_cast<char>(std::toupper(c)); });
  if (s.comma) group_thousands(digits);
  if (s.alternate && base != 10) digits = std::string("0") + s.type + digits;
  return with_sign(std::move(digits), v < 0, s);
}

std::string format_real(double v, const Style& s, char type) {
  if (!std::isfinite(v)) return with_sign(std::isnan(v) ? "nan" : "inf", v < 0, s);
  const char lower = static_cast<char>(type | 32);
  const double magnitude = std::fabs(type == '%' ? v * 100 : v);
  const int precision = static_cast<int>(s.precision < 0 ? 6 : s.precision);
  if (precision > 1000) throw Fault("a number with more than 1,000 digits", ErrorKind::resource);
  std::string digits(static_cast<size_t>(precision) + 340, '\0');
  const auto how = lower == 'e' ? std::chars_format::scientific : lower == 'g' ? std::chars_format::general : std::chars_format::fixed;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), magnitude, how, lower == 'g' ? std::max(precision, 1) : precision).ptr;
  digits.resize(static_cast<size_t>(end - digits.data()));
  if (s.comma) group_thousands(digits);
  if (type == '%') digits += '%';
  return with_sign(std::move(digits), std::signbit(v), s);
}

double need_real(const Value& v, char type) {
  if (v.is(Kind::undefined)) throw Fault(v.why_undefined());
  if (!v.is_number()) throw Fault(str("%{} format: a real number is required, not {}", std::string(1, type), type_name(v)));
  return v.real();
}

// One conversion of "%...".
std::string percent(Run& run, const Style& s, const Value& v, bool escaping) {
  switch (s.type) {
    case 's':
    case 'r':
    case 'a': {
      std::string text = s.type == 's' ? to_text(run.meter, v) : repr(run.meter, v);
      if (escaping && !v.markup()) text = escape_html(text);
      if (s.precision >= 0) {
        size_t at = 0;
        for (int64_t i = 0; i < s.precision && at < text.size(); ++i) next_code_point(text, at);
        text.resize(at);
      }
      return padded(text, s, '>');
    }
    case 'd':
    case 'i':
    case 'u':
    case 'x':
    case 'X':
    case 'o': {
      const double real = need_real(v, s.type);
      const bool whole = s.type == 'd' || s.type == 'i' || s.type == 'u';
      if (!v.is_integer() && (!whole || !(std::fabs(real) < 9e18))) throw Fault(str("%{} format: an integer is required, not float", std::string(1, s.type)));
      return padded(format_integer(v.is_integer() ? v.integer() : static_cast<int64_t>(real), s), s, '>');
    }
    case 'f':
    case 'F':
    case 'e':
    case 'E':
    case 'g':
    case 'G': return padded(format_real(need_real(v, s.type), s, s.type), s, '>');
    case 'c': {
      std::string text;
      if (v.is_integer()) append_utf8(text, static_cast<char32_t>(v.integer()));
      else text = need_text(v, "%c");
      if (count_code_points(text) != 1) throw Fault("%c requires int or char");
      return padded(text, s, '>');
    }
    default: throw Fault(str("unsupported format character '{}'", std::string(1, s.type)));
  }
}

int64_t read_number(std::string_view text, size_t& at) {
  int64_t v = 0;
  for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) {
    if ((v = v * 10 + text[at] - '0') > kWidest) throw Fault(str("a format wider than {} characters", kWidest), ErrorKind::resource);
  }
  return v;
}

void append_limited(Run& run, std::string& out, std::string_view piece) {
  if (out.size() + piece.size() > run.meter.limits().output_bytes) {
    throw Fault(str("the template writes more than {} bytes", run.meter.limits().output_bytes), ErrorKind::resource);
  }
  run.meter.step(1 + piece.size() / 32);
  out += piece;
}

}  // namespace

std::string format_percent(Run& run, const std::string& format, const Value& values, bool escaping) {
  const bool several = values.is(Kind::sequence) && values.sequence().form == Sequence::Form::tuple;
  const std::vector<Value> arguments = several ? values.sequence().values : std::vector<Value>{values};
  size_t used = 0;
  const auto next = [&]() -> const Value& {
    if (used >= arguments.size()) throw Fault("not enough arguments for format string");
    return arguments[used++];
  };
  std::string out;
  bool by_name = false;
  for (size_t at = 0; at < format.size();) {
    if (format[at] != '%') {
      const size_t end = std::min(format.find('%', at), format.size());
      append_limited(run, out, std::string_view(format).substr(at, end - at));
      at = end;
      continue;
    }
    ++at;
    Style s;
    std::optional<Value> value;
    if (at < format.size() && format[at] == '(') {
      const size_t close = format.find(')', at);
      if (close == std::string::npos) throw Fault("incomplete format key");
      if (!values.is(Kind::dict)) throw Fault("format requires a mapping");
      const std::string key = format.substr(at + 1, close - at - 1);
      const Value* found = values.dict().find(key);
      if (!found) throw Fault(str("the mapping has no key {}", repr_text(key)));
      value = *found;
      by_name = true;
      at = close + 1;
    }
    for (; at < format.size() && std::string_view("-+ #0").find(format[at]) != std::string_view::npos; ++at) {
      if (format[at] == '-') s.align = '<';
      if (format[at] == '+' || (format[at] == ' ' && !s.sign)) s.sign = format[at];
      if (format[at] == '#') s.alternate = true;
      if (format[at] == '0' && s.align != '<') s.fill = "0", s.align = '=';
    }
    s.width = read_number(format, at);
    if (at < format.size() && format[at] == '.') s.precision = read_number(format, ++at);
    if (at >= format.size()) throw Fault("incomplete format");
    s.type = format[at++];
    if (std::string_view("sra c").find(s.type) != std::string_view::npos || s.align == '<') s.fill = " ", s.align = s.align == '=' ? '\0' : s.align;
    if (s.type == '%') append_limited(run, out, "%");
    else append_limited(run, out, percent(run, s, value ? *value : next(), escaping));
  }
  // Python asks only what cannot be indexed whether it was used up.
  const bool indexed = values.is(Kind::dict) || values.is(Kind::undefined) || (values.is(Kind::sequence) && !used);
  const bool all = used == arguments.size() || by_name || (!several && indexed);
  if (!all) throw Fault("not all arguments converted during string formatting");
  return out;
}

namespace {

// [[fill]align][sign][#][0][width][,][.precision][type]
Style read_style(std::string_view spec) {
  Style s;
  size_t at = 0, second = 0;
  if (!spec.empty()) next_code_point(spec, second);
  const auto aligns = [&](size_t i) { return i < spec.size() && std::string_view("<>^=").find(spec[i]) != std::string_view::npos; };
  if (aligns(second)) {
    s.fill = std::string(spec.substr(0, second));
    s.align = spec[second];
    at = second + 1;
  } else if (aligns(0)) {
    s.align = spec[at++];
  }
  if (at < spec.size() && (spec[at] == '+' || spec[at] == ' ' || spec[at] == '-')) {
    if (spec[at] != '-') s.sign = spec[at];
    ++at;
  }
  if (at < spec.size() && spec[at] == '#') s.alternate = true, ++at;
  if (at < spec.size() && spec[at] == '0') {
    if (!s.align) s.fill = "0", s.align = '=';
    ++at;
  }
  s.width = read_number(spec, at);
  if (at < spec.size() && spec[at] == ',') s.comma = true, ++at;
  if (at < spec.size() && spec[at] == '.') s.precision = read_number(spec, ++at);
  if (at < spec.size()) s.type = spec[at++];
  if (at != spec.size()) throw Fault(str("invalid format specifier '{}'", spec));
  return s;
}

std::string braces(Run& run, const Value& v, std::string_view spec) {
  if (spec.empty()) return to_text(run.meter, v);
  const Style s = read_style(spec);
  const bool real_type = s.type && std::string_view("fFeEgG%").find(s.type) != std::string_view::npos;
  if (v.is(Kind::text)) {
    if (s.type && s.type != 's') throw Fault(str("unknown format code '{}' for object of type 'str'", std::string(1, s.type)));
    Style as_text = s;
    as_text.type = 's';
    if (as_text.align == '=') as_text.align = '<';
    if (!as_text.align) as_text.align = '<';
    return percent(run, as_text, v, false);
  }
  if (v.is_integer() && !real_type) {
    if (s.type && std::string_view("dxXob").find(s.type) == std::string_view::npos) {
      throw Fault(str("unknown format code '{}' for object of type 'int'", std::string(1, s.type)));
    }
    return padded(format_integer(v.integer(), s), s, '>');
  }
  if (v.is_number() && (real_type || !s.type)) {
    if (!s.type && s.precision >= 0) throw Fault("a precision wants a type here: {:.2f}, {:.2e} or {:.2g}");
    if (s.type) return padded(format_real(v.real(), s, s.type), s, '>');
    std::string digits = repr_real(std::fabs(v.real()));
    if (s.comma) group_thousands(digits);
    return padded(with_sign(std::move(digits), std::signbit(v.real()), s), s, '>');
  }
  if (v.is(Kind::undefined)) throw Fault(v.why_undefined());
  throw Fault(str("unsupported format string passed to {}.__format__", type_name(v)));
}

// "0.name[key]": an argument and what to take of it.
Value field(Run& run, std::string_view path, const Arguments& a, int64_t& next) {
  const size_t end = std::min(path.find_first_of(".["), path.size());
  const std::string_view first = path.substr(0, end);
  Value v;
  if (first.empty() || std::all_of(first.begin(), first.end(), [](char c) { return c >= '0' && c <= '9'; })) {
    size_t at = 0;
    if ((first.empty() && next < 0) || (!first.empty() && next > 0)) throw Fault("cannot switch between manual field specification and automatic numbering");
    const int64_t i = first.empty() ? next++ : read_number(first, at);
    if (!first.empty()) next = -1;
    if (i >= static_cast<int64_t>(a.positional.size())) throw Fault(str("replacement index {} out of range for positional arguments", i));
    v = a.positional[static_cast<size_t>(i)];
  } else {
    const auto found = std::find_if(a.named.begin(), a.named.end(), [&](const auto& n) { return n.first == first; });
    if (found == a.named.end()) throw Fault(str("format() misses its argument '{}'", first));
    v = found->second;
  }
  for (size_t at = end; at < path.size();) {
    const bool dot = path[at] == '.';
    const size_t stop = dot ? std::min(path.find_first_of(".[", at + 1), path.size()) : path.find(']', at);
    if (stop == std::string_view::npos || stop == at + 1) throw Fault("empty attribute in format string");
    const std::string_view key = path.substr(at + 1, stop - at - 1);
    size_t digits = 0;
    const bool number = std::all_of(key.begin(), key.end(), [](char c) { return c >= '0' && c <= '9'; });
    v = dot ? attribute_of(run, v, key) : item_of(run, v, number ? Value(read_number(key, digits)) : run.text(std::string(key)));
    at = dot ? stop : stop + 1;
  }
  return v;
}

}  // namespace

std::string format_braces(Run& run, const std::string& format, const Arguments& a, bool escaping) {
  std::string out;
  int64_t next = 0;
  for (size_t at = 0; at < format.size();) {
    const char c = format[at];
    if ((c == '{' || c == '}') && at + 1 < format.size() && format[at + 1] == c) {
      append_limited(run, out, std::string_view(&c, 1));
      at += 2;
      continue;
    }
    if (c == '}') throw Fault("single '}' encountered in format string");
    if (c != '{') {
      const size_t end = std::min(format.find_first_of("{}", at), format.size());
      append_limited(run, out, std::string_view(format).substr(at, end - at));
      at = end;
      continue;
    }
    const size_t close = format.find('}', at);
    if (close == std::string::npos) throw Fault("single '{' encountered in format string");
    const std::string_view inner = std::string_view(format).substr(at + 1, close - at - 1);
    if (inner.find('{') != std::string_view::npos) throw Fault("a field inside the specifier of a field is not supported");
    const size_t colon = std::min(inner.find(':'), inner.size());
    std::string_view path = inner.substr(0, colon);
    const size_t bang = path.find('!');
    const std::string_view conversion = bang == std::string_view::npos ? "" : path.substr(bang + 1);
    Value v = field(run, path.substr(0, bang), a, next);
    if (conversion == "r") v = run.text(repr(run.meter, v));
    else if (conversion == "s") v = run.text(to_text(run.meter, v));
    else if (!conversion.empty()) throw Fault(str("unknown conversion specifier '{}'", conversion));
    const std::string piece = braces(run, v, colon < inner.size() ? inner.substr(colon + 1) : "");
    append_limited(run, out, escaping && !v.markup() ? escape_html(piece) : piece);
    at = close + 1;
  }
  return out;
}

}  // namespace grim::jinja
