// Arithmetic, items and slices of Python's values.
#include <algorithm>
#include <cmath>

#include "grimoire/base/utf8.h"
#include "grimoire/text/jinja/python_text.h"
#include "grimoire/text/jinja/run.h"

namespace grim::jinja {
namespace {

[[noreturn]] void no_operation(const char* sign, const Value& a, const Value& b) {
  if (a.is(Kind::undefined)) throw Fault(a.why_undefined());
  if (b.is(Kind::undefined)) throw Fault(b.why_undefined());
  throw Fault(str("unsupported operand type(s) for {}: '{}' and '{}'", sign, type_name(a), type_name(b)));
}

[[noreturn]] void too_large() { throw Fault("an integer of more than 64 bits"); }
[[noreturn]] void by_zero() { throw Fault("division by zero"); }

bool integers(const Value& a, const Value& b) { return a.is_integer() && b.is_integer(); }
void need_numbers(const char* sign, const Value& a, const Value& b) {
  if (!a.is_number() || !b.is_number()) no_operation(sign, a, b);
}

bool is_list(const Value& v, Sequence::Form form) { return v.is(Kind::sequence) && v.sequence().form == form; }

}  // namespace

Value negated(const Value& v) {
  if (v.is(Kind::undefined)) throw Fault(v.why_undefined());
  if (!v.is_number()) throw Fault(str("bad operand type for unary -: '{}'", type_name(v)));
  if (v.is(Kind::real)) return -v.real();
  int64_t out;
  if (__builtin_sub_overflow(int64_t{0}, v.integer(), &out)) too_large();
  return out;
}

Value added(Run& run, const Value& a, const Value& b) {
  if (a.is(Kind::text) && b.is(Kind::text)) {
    const bool markup = a.markup() || b.markup();  // what is plain is escaped beside what is not
    const auto part = [&](const Value& v) { return markup && !v.markup() ? escape_html(v.text()) : v.text(); };
    return run.text(part(a) + part(b), markup);
  }
  for (const auto form : {Sequence::Form::list, Sequence::Form::tuple}) {
    if (!is_list(a, form) || !is_list(b, form)) continue;
    std::vector<Value> values = a.sequence().values;
    values.insert(values.end(), b.sequence().values.begin(), b.sequence().values.end());
    return run.list(std::move(values), form);
  }
  if (a.is(Kind::text) && !b.is(Kind::undefined)) throw Fault(str("can only concatenate str (not \"{}\") to str", type_name(b)));
  need_numbers("+", a, b);
  if (!integers(a, b)) return a.real() + b.real();
  int64_t out;
  if (__builtin_add_overflow(a.integer(), b.integer(), &out)) too_large();
  return out;
}

Value subtracted(const Value& a, const Value& b) {
  need_numbers("-", a, b);
  if (!integers(a, b)) return a.real() - b.real();
  int64_t out;
  if (__builtin_sub_overflow(a.integer(), b.integer(), &out)) too_large();
  return out;
}

Value multiplied(Run& run, const Value& a, const Value& b) {
  if (b.is(Kind::text) || b.is(Kind::sequence)) {
    if (a.is_integer()) return multiplied(run, b, a);
  }
  const bool list = is_list(a, Sequence::Form::list) || is_list(a, Sequence::Form::tuple);
  if ((a.is(Kind::text) || list) && b.is_integer()) {
    const size_t times = b.integer() > 0 ? static_cast<size_t>(b.integer()) : 0;
    const size_t size = a.is(Kind::text) ? a.text().size() : a.sequence().values.size() * sizeof(Value);
    if (size && times > static_cast<size_t>(run.meter.limits().live_bytes) / size) {
      throw Fault(str("the template's values take more than {} bytes", run.meter.limits().live_bytes), ErrorKind::resource);
    }
    if (a.is(Kind::text)) {
      std::string out = times ? a.text() : "";
      out.reserve(size * times);
      while (2 * out.size() < size * times) out.append(out.data(), out.size());
      out.append(out.data(), size * times - out.size());
      return run.text(std::move(out), a.markup());
    }
    std::vector<Value> values;
    values.reserve(a.sequence().values.size() * times);
    for (size_t i = 0; size && i < times; ++i) values.insert(values.end(), a.sequence().values.begin(), a.sequence().values.end());
    return run.list(std::move(values), a.sequence().form);
  }
  need_numbers("*", a, b);
  if (!integers(a, b)) return a.real() * b.real();
  int64_t out;
  if (__builtin_mul_overflow(a.integer(), b.integer(), &out)) too_large();
  return out;
}

Value divided(const Value& a, const Value& b) {
  need_numbers("/", a, b);
  if (b.real() == 0) by_zero();
  return a.real() / b.real();
}

namespace {

int64_t floor_of(int64_t a, int64_t b) { return a / b - (a % b != 0 && (a < 0) != (b < 0)); }

double real_remainder(double a, double b) {
  double r = std::fmod(a, b);
  if (r != 0 && (r < 0) != (b < 0)) r += b;
  return r == 0 ? std::copysign(0.0, b) : r;
}

}  // namespace

Value floor_divided(const Value& a, const Value& b) {
  need_numbers("//", a, b);
  if (b.real() == 0) by_zero();
  if (integers(a, b)) {
    if (b.integer() == -1) return negated(Value(a.integer()));
    return floor_of(a.integer(), b.integer());
  }
  const double quotient = (a.real() - real_remainder(a.real(), b.real())) / b.real();
  const double whole = std::floor(quotient);
  return quotient == 0 ? std::copysign(0.0, a.real() / b.real()) : quotient - whole > 0.5 ? whole + 1 : whole;
}

Value remainder(Run& run, const Value& a, const Value& b) {
  if (a.is(Kind::text)) return run.text(format_percent(run, a.text(), b, a.markup()), a.markup());
  need_numbers("%", a, b);
  if (b.real() == 0) by_zero();
  if (!integers(a, b)) return real_remainder(a.real(), b.real());
  if (b.integer() == -1) return 0;
  return a.integer() - floor_of(a.integer(), b.integer()) * b.integer();
}

Value powered(const Value& a, const Value& b) {
  need_numbers("** or pow()", a, b);
  if (!integers(a, b) || b.integer() < 0) {
    if (a.real() == 0 && b.real() < 0) throw Fault("0.0 cannot be raised to a negative power");
    const double out = std::pow(a.real(), b.real());
    if (std::isnan(out) && !std::isnan(a.real()) && !std::isnan(b.real())) throw Fault("the power is a complex number");
    if (std::isinf(out) && !std::isinf(a.real()) && !std::isinf(b.real())) throw Fault("a power beyond a double's range");
    return out;
  }
  int64_t out = 1, base = a.integer();
  for (int64_t n = b.integer(); n > 0; n >>= 1) {
    if ((n & 1) && __builtin_mul_overflow(out, base, &out)) too_large();
    if (n > 1 && __builtin_mul_overflow(base, base, &base)) too_large();
  }
  return out;
}

namespace {

// The byte of code point i of a text, which may be its end.
size_t byte_of(const std::string& text, int64_t i) {
  size_t at = 0;
  while (i > 0 && at < text.size()) {
    i -= !continues_character(text[at]);
    ++at;
    while (at < text.size() && continues_character(text[at])) ++at;
  }
  return at;
}

bool indexable(const Value& v) { return v.is(Kind::sequence) && v.sequence().form <= Sequence::Form::range; }

}  // namespace

Value item_of(Run& run, const Value& object, const Value& key) {
  if (object.is(Kind::undefined)) throw Fault(object.why_undefined());
  if (object.is(Kind::dict)) {
    const Value* found = key.is(Kind::text) ? object.dict().find(key.text()) : nullptr;
    run.meter.step(object.dict().members.size() / 16);
    if (!found && !key.is(Kind::text)) found = object.dict().find(run.meter, key);
    if (found) return *found;
  } else if ((object.is(Kind::text) || indexable(object)) && key.is_integer()) {
    const int64_t n = length(run.meter, object);
    const int64_t i = key.integer() < 0 ? key.integer() + n : key.integer();
    if (i >= 0 && i < n) {
      if (!object.is(Kind::text)) return object.sequence().values[static_cast<size_t>(i)];
      const size_t begin = byte_of(object.text(), i);
      size_t end = begin;
      next_code_point(object.text(), end);
      run.meter.step(object.text().size() / 32);
      return run.text(object.text().substr(begin, end - begin), object.markup());
    }
  }
  if (key.is(Kind::text) && !object.is(Kind::dict)) return attribute_of(run, object, key.text());
  if (key.is(Kind::text)) {
    if (auto method = method_of(run, object, key.text())) return *method;
    return run.undefined(str("'dict object' has no attribute {}", repr_text(key.text())));
  }
  const bool shown = key.is_number() || key.is(Kind::none);
  return run.undefined(str("{} object has no element {}", type_name(object), shown ? repr(run.meter, key) : str("of type {}", type_name(key))));
}

Value slice_of(Run& run, const Value& object, const Value& begin, const Value& end, const Value& step) {
  if (object.is(Kind::undefined)) throw Fault(object.why_undefined());
  if (!object.is(Kind::text) && !indexable(object)) throw Fault(str("'{}' object is not subscriptable by a slice", type_name(object)));
  const int64_t n = length(run.meter, object), by = step.is(Kind::none) ? 1 : need_integer(step, "slice indices");
  if (by == 0) throw Fault("slice step cannot be zero");
  const auto bound = [&](const Value& v, int64_t absent) {
    if (v.is(Kind::none)) return absent;
    const int64_t i = need_integer(v, "slice indices");
    const int64_t from_start = i < 0 ? std::max(i, -n - 1) + n : i;
    return by > 0 ? std::clamp<int64_t>(from_start, 0, n) : std::clamp<int64_t>(from_start, -1, n - 1);
  };
  const int64_t first = bound(begin, by > 0 ? 0 : n - 1), last = bound(end, by > 0 ? n : -1);
  if (is_list(object, Sequence::Form::range)) {
    const int64_t(&range)[3] = object.sequence().range;
    return make_range(run.meter, range[0] + first * range[2], range[0] + last * range[2], range[2] * by);
  }
  if (object.is(Kind::text) && by == 1) {
    const size_t from = byte_of(object.text(), first), to = std::max(from, byte_of(object.text(), last));
    run.meter.step(object.text().size() / 32);
    return run.text(object.text().substr(from, to - from), object.markup());
  }
  const Held held(run.meter, object.is(Kind::text) ? object.text().size() * sizeof(char32_t) : 0);
  const std::vector<char32_t> points = object.is(Kind::text) ? code_points(object.text()) : std::vector<char32_t>();
  run.meter.step(points.size() / 4);
  std::string text;
  std::vector<Value> values;
  for (int64_t i = first; by > 0 ? i < last : i > last; i = by > 0 ? (i > last - by ? last : i + by) : (i < last - by ? last : i + by)) {
    if (object.is(Kind::text)) append_utf8(text, points[static_cast<size_t>(i)]);
    else values.push_back(object.sequence().values[static_cast<size_t>(i)]);
  }
  if (object.is(Kind::text)) return run.text(std::move(text), object.markup());
  return run.list(std::move(values), object.sequence().form == Sequence::Form::tuple ? Sequence::Form::tuple : Sequence::Form::list);
}

}  // namespace grim::jinja
