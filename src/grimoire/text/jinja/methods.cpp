// The methods of Python's str, list, tuple and dict.
#include <algorithm>

#include "grimoire/base/utf8.h"
#include "grimoire/text/jinja/python_text.h"
#include "grimoire/text/jinja/run.h"
#include "grimoire/text/unicode.h"

namespace grim::jinja {
namespace {

struct Method {
  std::string_view name;
  Value (*call)(Run&, const Value& self, const Arguments&);
};

int64_t or_default(const Value* v, int64_t fallback, std::string_view what) { return v && !v->is(Kind::none) ? need_integer(*v, what) : fallback; }

std::optional<std::string_view> optional_text(const Value* v, std::string_view what) {
  if (!v || v->is(Kind::none)) return std::nullopt;
  return need_text(*v, what);
}

template <bool left, bool right> Value strip(Run& run, const Value& self, const Arguments& a) {
  const auto v = bind("strip", a, {"chars"});
  const auto characters = optional_text(v[0], "strip()");
  const std::string_view out = stripped(self.text(), characters, left, right);
  run.meter.step((self.text().size() - out.size() + (characters ? characters->size() : 0)) / 8);
  return run.text(std::string(out), self.markup());
}

template <bool from_right> Value split(Run& run, const Value& self, const Arguments& a) {
  const auto v = bind("split", a, {"sep", "maxsplit"});
  run.meter.step(self.text().size() / 16);
  return run.list(split_text(self.text(), optional_text(v[0], "split()"), or_default(v[1], -1, "split()"), from_right), self.markup());
}

Value splitlines(Run& run, const Value& self, const Arguments& a) {
  const auto v = bind("splitlines", a, {"keepends"});
  return run.list(split_lines(self.text(), v[0] && is_true(*v[0])), self.markup());
}

template <bool from_right> Value partition(Run& run, const Value& self, const Arguments& a) {
  const std::string &text = self.text(), &separator = need_text(*bind("partition", a, {"sep"}, 1)[0], "partition()");
  if (separator.empty()) throw Fault("empty separator");
  const size_t at = from_right ? text.rfind(separator) : text.find(separator);
  const bool found = at != std::string::npos;
  const std::string before = found ? text.substr(0, at) : from_right ? "" : text, after = found ? text.substr(at + separator.size()) : from_right ? text : "";
  return run.list({run.text(before, self.markup()), run.text(found ? separator : "", self.markup()), run.text(after, self.markup())}, Sequence::Form::tuple);
}

// The part of a text between two code points, as str.find and its kin take it; its first byte too.
std::string_view between(Run& run, const Value& self, const Value* begin, const Value* end, size_t* first_byte = nullptr) {
  const std::string& text = self.text();
  run.meter.step(text.size() / 16);
  const int64_t n = count_code_points(text);
  const auto bound = [&](const Value* v, int64_t absent) {
    const int64_t i = or_default(v, absent, "slice indices");
    return std::clamp<int64_t>(i < 0 ? std::max(i, -n) + n : i, 0, n);
  };
  const int64_t from = bound(begin, 0), to = std::max(from, bound(end, n));
  size_t at = 0, first = text.size(), last = text.size();
  for (int64_t i = 0; i <= to; ++i) {
    if (i == from) first = at;
    if (i == to) last = at;
    if (at < text.size()) next_code_point(text, at);
  }
  if (first_byte) *first_byte = first;
  return std::string_view(text).substr(first, last - first);
}

template <bool at_end> Value begins(Run& run, const Value& self, const Arguments& a) {
  const auto v = bind(at_end ? "endswith" : "startswith", a, {"prefix", "start", "end"}, 1);
  const std::string_view text = v[1] || v[2] ? between(run, self, v[1], v[2]) : std::string_view(self.text());
  const auto fits = [&](const Value& part) {
    const std::string& p = need_text(part, at_end ? "endswith()" : "startswith()");
    return at_end ? text.ends_with(p) : text.starts_with(p);
  };
  run.meter.step();
  const bool several = v[0]->is(Kind::sequence) && v[0]->sequence().form == Sequence::Form::tuple;
  if (several) return std::any_of(v[0]->sequence().values.begin(), v[0]->sequence().values.end(), fits);
  return fits(*v[0]);
}

template <bool from_right, bool must> Value find(Run& run, const Value& self, const Arguments& a) {
  const auto v = bind("find", a, {"sub", "start", "end"}, 1);
  size_t first = 0;
  const std::string_view text = between(run, self, v[1], v[2], &first);
  const std::string& part = need_text(*v[0], "find()");
  const size_t at = from_right ? text.rfind(part) : text.find(part);
  if (at == std::string_view::npos && must) throw Fault("substring not found");
  return at == std::string_view::npos ? int64_t{-1} : count_code_points(std::string_view(self.text()).substr(0, first + at));
}

Value count_text(Run& run, const Value& self, const Arguments& a) {
  const auto v = bind("count", a, {"sub", "start", "end"}, 1);
  const std::string_view text = between(run, self, v[1], v[2]);
  const std::string& part = need_text(*v[0], "count()");
  if (part.empty()) return count_code_points(text) + 1;
  int64_t n = 0;
  for (size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + part.size())) ++n;
  return n;
}

Value replace(Run& run, const Value& self, const Arguments& a) {
  const auto v = bind("replace", a, {"old", "new", "count"}, 2);
  const auto part = [&](const Value& t) { return self.markup() && !t.markup() ? escape_html(need_text(t, "replace()")) : need_text(t, "replace()"); };
  const std::string old = part(*v[0]), by = part(*v[1]);
  const size_t places = old.empty() ? self.text().size() + 1 : self.text().size() / old.size();
  if (!by.empty() && places > 2 * run.meter.limits().output_bytes / by.size()) {  // it could write more than is allowed: count first
    const int64_t n = old.empty() ? static_cast<int64_t>(places) : count_text(run, self, {{run.text(old)}, {}}).integer();
    run.meter.hold(static_cast<size_t>(n) * by.size());
    run.meter.release(static_cast<size_t>(n) * by.size());
  }
  run.meter.step(self.text().size() / 16);
  return run.text(replaced(self.text(), old, by, or_default(v[2], -1, "replace()")), self.markup());
}

Value join(Run& run, const Value& self, const Arguments& a) {
  const Value items = items_of(run.meter, *bind("join", a, {"iterable"}, 1)[0]);
  std::string out;
  size_t i = 0;
  for (const Value& item : items.sequence().values) {
    if (!item.is(Kind::text)) throw Fault(str("sequence item {}: expected str instance, {} found", i, type_name(item)));
    if (out.size() + item.text().size() + self.text().size() > run.meter.limits().output_bytes) {
      throw Fault(str("the template writes more than {} bytes", run.meter.limits().output_bytes), ErrorKind::resource);
    }
    if (i++) out += self.text();
    out += self.markup() && !item.markup() ? escape_html(item.text()) : item.text();
    run.meter.step();
  }
  return run.text(std::move(out), self.markup());
}

template <std::string (*change)(std::string_view)> Value changed(Run& run, const Value& self, const Arguments& a) {
  bind("the method", a, {});
  run.meter.step(self.text().size() / 16);
  return run.text(change(self.text()), self.markup());
}

template <bool upper> Value is_cased(Run&, const Value& self, const Arguments& a) {
  bind("isupper", a, {});
  return all_cased(self.text(), upper);
}

template <bool (*holds)(char32_t)> Value all_hold(Run& run, const Value& self, const Arguments& a) {
  bind("the method", a, {});
  run.meter.step(self.text().size() / 16);
  for (size_t at = 0; at < self.text().size();) {
    if (!holds(next_code_point(self.text(), at))) return false;
  }
  return !self.text().empty();
}
bool is_digit(char32_t c) { return class_of(c).category() == Category::Nd || c == 0xb2 || c == 0xb3 || c == 0xb9; }
bool is_letter(char32_t c) { return class_of(c).letter(); }
bool is_number(char32_t c) { return class_of(c).number(); }
bool is_letter_or_number(char32_t c) { return is_letter(c) || is_number(c); }

template <bool at_end> Value remove_affix(Run& run, const Value& self, const Arguments& a) {
  const std::string &affix = need_text(*bind("removeprefix", a, {"prefix"}, 1)[0], "removeprefix()"), &text = self.text();
  if (at_end) return run.text(text.ends_with(affix) ? text.substr(0, text.size() - affix.size()) : text, self.markup());
  return run.text(text.starts_with(affix) ? text.substr(affix.size()) : text, self.markup());
}

template <char side> Value pad(Run& run, const Value& self, const Arguments& a) {  // 'l': ljust, 'r': rjust, 'z': zfill
  const auto v = bind("ljust", a, {"width", "fillchar"}, 1);
  const int64_t missing = need_integer(*v[0], "the width") - count_code_points(self.text());
  if (missing > static_cast<int64_t>(run.meter.limits().output_bytes) / 4) throw Fault("a text is padded to too many characters", ErrorKind::resource);
  const std::string fill = side == 'z' ? "0" : v[1] ? need_text(*v[1], "the fill character") : " ";
  if (count_code_points(fill) != 1) throw Fault("the fill character must be exactly one character long");
  std::string blanks;
  for (int64_t i = 0; i < missing; ++i) blanks += fill;
  const std::string& text = self.text();
  const bool sign = side == 'z' && !text.empty() && (text[0] == '-' || text[0] == '+');
  return run.text(side == 'l' ? text + blanks : sign ? text[0] + blanks + text.substr(1) : blanks + text, self.markup());
}

Value format(Run& run, const Value& self, const Arguments& a) { return run.text(format_braces(run, self.text(), a, self.markup()), self.markup()); }

constexpr Method kTextMethods[] = {
  {"strip", strip<true, true>}, {"lstrip", strip<true, false>}, {"rstrip", strip<false, true>}, {"split", split<false>}, {"rsplit", split<true>},
  {"splitlines", splitlines}, {"partition", partition<false>}, {"rpartition", partition<true>}, {"startswith", begins<false>}, {"endswith", begins<true>},
  {"find", find<false, false>}, {"rfind", find<true, false>}, {"index", find<false, true>}, {"rindex", find<true, true>}, {"count", count_text},
  {"replace", replace}, {"join", join}, {"upper", changed<upper_text>}, {"lower", changed<lower_text>}, {"title", changed<title_text>},
  {"capitalize", changed<capitalize_text>}, {"isupper", is_cased<true>}, {"islower", is_cased<false>}, {"isdigit", all_hold<is_digit>},
  {"isalpha", all_hold<is_letter>}, {"isnumeric", all_hold<is_number>}, {"isalnum", all_hold<is_letter_or_number>}, {"isspace", all_hold<python_space>},
  {"removeprefix", remove_affix<false>}, {"removesuffix", remove_affix<true>}, {"ljust", pad<'l'>}, {"rjust", pad<'r'>}, {"zfill", pad<'z'>},
  {"format", format},
};

Value index_of(Run& run, const Value& self, const Arguments& a) {
  const Value& wanted = *bind("index", a, {"value"}, 1)[0];
  const std::vector<Value>& values = self.sequence().values;
  for (size_t i = 0; i < values.size(); ++i) {
    if (equal(run.meter, values[i], wanted)) return i;
  }
  throw Fault(str("{} is not in the {}", repr(run.meter, wanted), type_name(self)));
}

Value count_items(Run& run, const Value& self, const Arguments& a) {
  const Value& wanted = *bind("count", a, {"value"}, 1)[0];
  const std::vector<Value>& values = self.sequence().values;
  return std::count_if(values.begin(), values.end(), [&](const Value& v) { return equal(run.meter, v, wanted); });
}

Value copy(Run&, const Value& self, const Arguments& a) {
  bind("copy", a, {});
  return self;
}

constexpr Method kListMethods[] = {{"index", index_of}, {"count", count_items}, {"copy", copy}};

Value get(Run& run, const Value& self, const Arguments& a) {
  if (!a.named.empty()) throw Fault("dict.get() takes no keyword arguments");
  const auto v = bind("get", a, {"key", "default"}, 1);
  need_hashable(*v[0]);
  run.meter.step(self.dict().members.size() / 16);
  const Value* found = v[0]->is(Kind::text) ? self.dict().find(v[0]->text()) : self.dict().find(run.meter, *v[0]);
  return found ? *found : v[1] ? *v[1] : Value();
}

template <Sequence::Form form> Value view(Run& run, const Value& self, const Arguments& a) {
  bind("the method", a, {});
  std::vector<Value> values;
  for (const auto& [key, value] : self.dict().members) {
    values.push_back(form == Sequence::Form::keys ? key : form == Sequence::Form::values ? value : run.list({key, value}, Sequence::Form::tuple));
  }
  return run.list(std::move(values), form);
}

constexpr Method kDictMethods[] = {{"get", get}, {"keys", view<Sequence::Form::keys>}, {"values", view<Sequence::Form::values>},
  {"items", view<Sequence::Form::items>}, {"copy", copy}};

template <size_t n> const Method* named(const Method (&methods)[n], std::string_view name) {
  const Method* found = std::find_if(methods, methods + n, [&](const Method& m) { return m.name == name; });
  return found == methods + n ? nullptr : found;
}

}  // namespace

std::optional<Value> method_of(Run& run, const Value& object, std::string_view name) {
  const Method* method = nullptr;
  if (object.is(Kind::text)) method = named(kTextMethods, name);
  if (object.is(Kind::dict)) method = named(kDictMethods, name);
  if (object.is(Kind::sequence) && object.sequence().form <= Sequence::Form::range) method = named(kListMethods, name);
  if (method && method->name == "copy" && object.is(Kind::sequence) && object.sequence().form != Sequence::Form::list) return std::nullopt;
  if (!method) return std::nullopt;
  return make_function(run, std::string(name), [object, call = method->call](Run& r, const Arguments& a) { return call(r, object, a); });
}

}  // namespace grim::jinja
