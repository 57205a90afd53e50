#include <algorithm>
#include <charconv>

#include "grimoire/text/jinja/filters.h"
#include "grimoire/text/jinja/python_text.h"

namespace grim::jinja {
namespace {

using Getter = std::function<Value(const Value&)>;

// The parts of "a.b.0": keys, and indices where a part is digits.
std::vector<Value> path_of(Run& run, const Value& attribute) {
  if (attribute.is(Kind::none)) return {};
  if (!attribute.is(Kind::text)) return {attribute};
  std::vector<Value> path;
  for (const std::string& part : split_text(attribute.text(), ".", -1, false)) {
    int64_t i = 0;
    const auto read = std::from_chars(part.data(), part.data() + part.size(), i);
    const bool index = !part.empty() && read.ptr == part.data() + part.size() && part[0] != '-';
    path.push_back(index ? Value(i) : run.text(part));
  }
  return path;
}

Getter getter_of(Run& run, const Value& attribute, Value otherwise = {}) {
  return [&run, path = path_of(run, attribute), otherwise](const Value& v) {
    Value found = v;
    for (const Value& part : path) {
      found = item_of(run, found, part);
      if (found.is(Kind::undefined) && !otherwise.is(Kind::none)) found = otherwise;
    }
    return found;
  };
}

Value default_value(Run& run, const Value& v, const Arguments& a) {
  const auto p = bind("default", a, {"default_value", "boolean"});
  const bool absent = v.is(Kind::undefined) || (p[1] && is_true(*p[1]) && !is_true(v));
  return !absent ? v : p[0] ? *p[0] : run.text("");
}

Value size(Run& run, const Value& v, const Arguments& a) {
  bind("length", a, {});
  return length(run.meter, v);
}

Value first(Run& run, const Value& v, const Arguments& a) {
  bind("first", a, {});
  if (v.is(Kind::sequence) && v.sequence().form == Sequence::Form::iterator) {  // it may be asked again
    const Sequence& s = v.sequence();
    return s.taken < s.values.size() ? s.values[s.taken++] : run.undefined("no first item: the sequence is empty");
  }
  const Value items = items_of(run.meter, v);
  return items.sequence().values.empty() ? run.undefined("no first item: the sequence is empty") : items.sequence().values.front();
}

Value last(Run& run, const Value& v, const Arguments& a) {
  bind("last", a, {});
  if (v.is(Kind::sequence) && v.sequence().form == Sequence::Form::iterator) throw Fault("'generator' object is not reversible: put `| list` before `last`");
  const Value items = items_of(run.meter, v);
  return items.sequence().values.empty() ? run.undefined("no last item: the sequence is empty") : items.sequence().values.back();
}

Value list(Run& run, const Value& v, const Arguments& a) {
  bind("list", a, {});
  return run.list(listed(run, v));
}

Value join(Run& run, const Value& v, const Arguments& a) {
  const auto p = bind("join", a, {"d", "attribute"});
  const Getter get = getter_of(run, p[1] ? *p[1] : Value());
  const std::string between = p[0] ? to_text(run.meter, *p[0]) : "";
  const Value items = items_of(run.meter, v);
  Output out(run.meter);
  bool begun = false;
  for (const Value& item : items.sequence().values) {
    if (std::exchange(begun, true)) out.append(between);
    out.append(to_text(run.meter, get(item)));
    run.meter.step();
  }
  return run.text(out.text());
}

Value map(Run& run, const Value& v, const Arguments& a) {
  const Value items = items_of(run.meter, v);
  std::vector<Value> values;
  if (a.positional.empty()) {
    const auto p = bind("map", a, {"attribute", "default"});
    if (!p[0]) throw Fault("map: expected the name of a filter, or attribute=");
    const Getter get = getter_of(run, *p[0], p[1] ? *p[1] : Value());
    for (const Value& item : items.sequence().values) values.push_back(get(item));
  } else {
    const std::string& filter = need_text(a.positional[0], "map");
    const Held held(run.meter, a.positional.size() * sizeof(Value));
    const Arguments rest{{a.positional.begin() + 1, a.positional.end()}, a.named};
    for (const Value& item : items.sequence().values) values.push_back(apply_filter(run, filter, item, rest));
  }
  return run.list(std::move(values), Sequence::Form::iterator);
}

template <bool wanted, bool by_attribute> Value select(Run& run, const Value& v, const Arguments& a) {
  const size_t own = by_attribute ? 1 : 0;
  if (a.positional.size() < own) throw Fault("selectattr, rejectattr: expected the name of an attribute");
  const Getter get = getter_of(run, by_attribute ? a.positional[0] : Value());
  const bool tested = a.positional.size() > own;
  const std::string test = tested ? need_text(a.positional[own], "select") : "";
  const Held held(run.meter, a.positional.size() * sizeof(Value));
  Arguments rest{{}, a.named};
  if (tested) rest.positional.assign(a.positional.begin() + static_cast<std::ptrdiff_t>(own) + 1, a.positional.end());
  std::vector<Value> values;
  if (is_true(v)) {
    const Value items = items_of(run.meter, v);
    for (const Value& item : items.sequence().values) {
      const Value got = get(item);
      if ((tested ? apply_test(run, test, got, rest) : is_true(got)) == wanted) values.push_back(item);
      run.meter.step();
    }
  }
  return run.list(std::move(values), Sequence::Form::iterator);
}

Value items(Run& run, const Value& v, const Arguments& a) {
  bind("items", a, {});
  if (v.is(Kind::undefined)) return run.list(std::vector<Value>(), Sequence::Form::iterator);
  if (!v.is(Kind::dict)) throw Fault("items: can only get item pairs from a mapping");
  return run.list(call_value(run, *method_of(run, v, "items"), {}).sequence().values, Sequence::Form::iterator);
}

Value caseless(Run& run, const Value& v) { return v.is(Kind::text) ? run.text(lower_text(v.text())) : v; }

// Sorts by keys, stably in both directions, as Python does.
std::vector<Value> sorted(Run& run, const std::vector<Value>& values, const Getter& key, bool reverse) {
  std::vector<std::pair<Value, const Value*>> keyed;
  for (const Value& v : values) keyed.emplace_back(key(v), &v);
  std::stable_sort(keyed.begin(), keyed.end(), [&](const auto& x, const auto& y) {
    return reverse ? less(run.meter, y.first, x.first) : less(run.meter, x.first, y.first);
  });
  std::vector<Value> out;
  for (const auto& [k, v] : keyed) out.push_back(*v);
  return out;
}

Value dictsort(Run& run, const Value& v, const Arguments& a) {
  const auto p = bind("dictsort", a, {"case_sensitive", "by", "reverse"});
  const std::string by = p[1] ? need_text(*p[1], "dictsort: by") : "key";
  if (by != "key" && by != "value") throw Fault("dictsort: you can only sort by either \"key\" or \"value\"");
  if (!v.is(Kind::dict)) throw Fault(v.is(Kind::undefined) ? v.why_undefined() : str("dictsort: got {}, expected a mapping", type_name(v)));
  const bool exact = p[0] && is_true(*p[0]);
  const Getter key = [&](const Value& pair) {
    const Value& k = pair.sequence().values[by == "key" ? 0 : 1];
    return exact ? k : caseless(run, k);
  };
  const Value pairs = call_value(run, *method_of(run, v, "items"), {});
  return run.list(sorted(run, pairs.sequence().values, key, p[2] && is_true(*p[2])));
}

// The keys of `attribute`, which may name several with commas between them.
Getter keys_of(Run& run, const Value* attribute, bool exact) {
  std::vector<Getter> getters;
  const bool several = attribute && attribute->is(Kind::text);
  for (const std::string& part : several ? split_text(attribute->text(), ",", -1, false) : std::vector<std::string>{""}) {
    getters.push_back(getter_of(run, several ? run.text(part) : attribute ? *attribute : Value()));
  }
  return [&run, getters, exact](const Value& v) {
    std::vector<Value> keys;
    for (const Getter& get : getters) keys.push_back(exact ? get(v) : caseless(run, get(v)));
    return run.list(std::move(keys));
  };
}

Value sort(Run& run, const Value& v, const Arguments& a) {
  const auto p = bind("sort", a, {"reverse", "case_sensitive", "attribute"});
  return run.list(sorted(run, listed(run, v), keys_of(run, p[2], p[1] && is_true(*p[1])), p[0] && is_true(*p[0])));
}

Value unique(Run& run, const Value& v, const Arguments& a) {
  const auto p = bind("unique", a, {"case_sensitive", "attribute"});
  const Getter get = getter_of(run, p[1] ? *p[1] : Value());
  std::vector<Value> seen, values;
  for (const Value& item : listed(run, v)) {
    const Value key = p[0] && is_true(*p[0]) ? get(item) : caseless(run, get(item));
    need_hashable(key);
    if (std::any_of(seen.begin(), seen.end(), [&](const Value& s) { return equal(run.meter, s, key); })) continue;
    seen.push_back(key);
    values.push_back(item);
  }
  return run.list(std::move(values), Sequence::Form::iterator);
}

Value reverse(Run& run, const Value& v, const Arguments& a) {
  bind("reverse", a, {});
  if (v.is(Kind::text)) return slice_of(run, v, {}, {}, -1);
  const bool generator = v.is(Kind::sequence) && v.sequence().form == Sequence::Form::iterator;
  std::vector<Value> values = listed(run, v);
  std::reverse(values.begin(), values.end());
  return run.list(std::move(values), generator ? Sequence::Form::list : Sequence::Form::iterator);
}

Value sum(Run& run, const Value& v, const Arguments& a) {
  const auto p = bind("sum", a, {"attribute", "start"});
  const Getter get = getter_of(run, p[0] ? *p[0] : Value());
  Value total = p[1] ? *p[1] : Value(0);
  if (total.is(Kind::text)) throw Fault("sum() can't sum strings: use `| join`");
  for (const Value& item : listed(run, v)) total = added(run, total, get(item));
  return total;
}

template <bool largest> Value extreme(Run& run, const Value& v, const Arguments& a) {
  const auto p = bind(largest ? "max" : "min", a, {"case_sensitive", "attribute"});
  const Getter get = getter_of(run, p[1] ? *p[1] : Value());
  std::optional<Value> best, best_key;
  for (const Value& item : listed(run, v)) {
    Value key = p[0] && is_true(*p[0]) ? get(item) : caseless(run, get(item));
    if (best && !(largest ? less(run.meter, *best_key, key, ">") : less(run.meter, key, *best_key))) continue;
    best = item;
    best_key = std::move(key);
  }
  return best ? *best : run.undefined("no aggregated item: the sequence is empty");
}

Value batch(Run& run, const Value& v, const Arguments& a) {
  const auto p = bind("batch", a, {"linecount", "fill_with"}, 1);
  const int64_t n = need_integer(*p[0], "batch");
  const bool fills = p[1] && !p[1]->is(Kind::none);
  std::vector<Value> rows, row;
  for (const Value& item : listed(run, v)) {
    if (static_cast<int64_t>(row.size()) == n) rows.push_back(run.list(std::exchange(row, {})));
    row.push_back(item);
  }
  if (fills && !row.empty() && n > static_cast<int64_t>(row.size())) {
    const Held held(run.meter, std::min(static_cast<size_t>(n), SIZE_MAX / 2 / sizeof(Value)) * sizeof(Value));
    row.resize(static_cast<size_t>(n), *p[1]);
  }
  if (!row.empty()) rows.push_back(run.list(std::move(row)));
  return run.list(std::move(rows), Sequence::Form::iterator);
}

Value attr(Run& run, const Value& v, const Arguments& a) {
  const auto p = bind("attr", a, {"name"}, 1);
  const std::string& name = need_text(*p[0], "attr");
  if (v.is(Kind::dict) && !method_of(run, v, name)) return run.undefined(str("'dict object' has no attribute '{}'", name));
  return attribute_of(run, v, name);
}

constexpr FilterEntry kFilters[] = {
  {"default", default_value}, {"d", default_value}, {"length", size}, {"count", size}, {"first", first}, {"last", last}, {"list", list}, {"join", join},
  {"map", map}, {"select", select<true, false>}, {"reject", select<false, false>}, {"selectattr", select<true, true>}, {"rejectattr", select<false, true>},
  {"items", items}, {"dictsort", dictsort}, {"sort", sort}, {"unique", unique}, {"reverse", reverse}, {"sum", sum}, {"min", extreme<false>},
  {"max", extreme<true>}, {"batch", batch}, {"attr", attr},
};

}  // namespace

std::span<const FilterEntry> list_filters() { return kFilters; }

}  // namespace grim::jinja
