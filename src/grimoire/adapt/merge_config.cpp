#include "grimoire/adapt/merge_config.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <span>

#include "grimoire/base/error.h"

namespace grim {

std::optional<double> MergeSetting::at(std::string_view tensor, double t) const {
  for (const MergeRule& rule : rules) {
    if (!rule.filter.empty() && rule.filter != "*" && tensor.find(rule.filter) == tensor.npos) continue;
    const double place = t * static_cast<double>(rule.values.size() - 1);
    const auto low = static_cast<size_t>(place), high = std::min(low + 1, rule.values.size() - 1);
    const double part = place - static_cast<double>(low);
    return (1 - part) * rule.values[low] + part * rule.values[high];
  }
  return std::nullopt;
}

std::vector<std::string> MergeConfig::models() const {
  std::vector<std::string> all;
  const auto add = [&](const std::string& model) {
    if (!model.empty() && std::ranges::find(all, model) == all.end()) all.push_back(model);
  };
  add(base);
  for (const MergeSlice& slice : slices)
    for (const MergeSource& s : slice.sources) add(s.model);
  return all;
}

namespace {

class Reader {
 public:
  explicit Reader(const std::string& source) : source_(source) {}

  [[noreturn]] void refuse(const YAML::Node& at, const std::string& problem, const std::string& hint = "") const {
    fail(ErrorKind::input, "merge", str("{}: line {}: {}", source_, line(at), problem), hint);
  }

  // f(key, value) of each key that is known.
  void each(const YAML::Node& map, const std::string& what, std::span<const std::string> known,
            const std::function<void(const std::string& key, const YAML::Node& value)>& f) const {
    if (!map.IsMap()) refuse(map, str("{}: expected keys and their values", what));
    std::vector<std::string> seen;
    for (const auto& entry : map) {
      const std::string key = text(entry.first, what);
      if (std::ranges::find(seen, key) != seen.end()) refuse(entry.first, str("{} says '{}' twice", what, key));
      if (!known.empty() && std::ranges::find(known, key) == known.end())
        refuse(entry.first, str("{}: there is no key '{}'", what, key), did_you_mean(key, known, str("expected one of {}", joined(known))));
      seen.push_back(key);
      f(key, entry.second);
    }
  }
  void each(const YAML::Node& list, const std::string& what, const std::function<void(const YAML::Node& item)>& f) const {
    if (!list.IsSequence() || list.size() == 0) refuse(list, str("{}: expected a list", what));
    for (const YAML::Node& item : list) f(item);
  }

  std::string text(const YAML::Node& x, const std::string& what) const {
    if (!x.IsScalar()) refuse(x, str("{}: expected a word", what));
    return x.Scalar();
  }
  bool is_number(const YAML::Node& x) const { return x.IsScalar() && parsed(x).has_value(); }
  double number(const YAML::Node& x, const std::string& what) const {
    const std::optional<double> v = x.IsScalar() ? parsed(x) : std::nullopt;
    if (!v) refuse(x, str("{}: {}expected a number, true or false", what, x.IsScalar() ? str("got '{}', ", x.Scalar()) : ""));
    return *v;
  }
  bool truth(const YAML::Node& x, const std::string& what) const {
    const double v = number(x, what);
    if (v != 0 && v != 1) refuse(x, str("{}: got {}, expected true or false", what, v));
    return v == 1;
  }
  int64_t whole(const YAML::Node& x, const std::string& what) const {
    const double v = number(x, what);
    if (v < 0 || v > 1e9 || v != std::floor(v)) refuse(x, str("{}: got {}, expected a whole number from 0", what, v));
    return static_cast<int64_t>(v);
  }

  MergeSetting setting(const YAML::Node& x, const std::string& what) const {
    if (!x.IsSequence()) return {{{"", {number(x, what)}}}};
    if (x.size() == 0) refuse(x, str("{}: expected a number or more", what));
    if (!x[0].IsMap()) return {{{"", values(x, what)}}};
    MergeSetting s;
    each(x, what, [&](const YAML::Node& item) {
      MergeRule rule;
      each(item, what, kRuleKeys, [&](const std::string& key, const YAML::Node& v) {
        if (key == "filter") rule.filter = text(v, "filter");
        else rule.values = v.IsSequence() ? values(v, what) : std::vector{number(v, what)};
      });
      if (rule.values.empty()) refuse(item, str("{}: a filter without its 'value'", what));
      s.rules.push_back(std::move(rule));
    });
    return s;
  }
  MergeSettings settings(const YAML::Node& map) const {
    MergeSettings all;
    each(map, "parameters", {}, [&](const std::string& key, const YAML::Node& v) { all[key] = setting(v, key); });
    return all;
  }

  MergeSource source(const YAML::Node& x, bool of_slice) const {
    MergeSource s{.model = {}, .line = line(x)};
    each(x, of_slice ? "sources" : "models", of_slice ? std::span<const std::string>(kSourceKeys) : std::span<const std::string>(kModelKeys),
         [&](const std::string& key, const YAML::Node& v) {
           if (key == "model") s.model = text(v, key);
           else if (key == "parameters") s.settings = settings(v);
           else if (key == "data") s.data = text(v, key);
           else {
             if (!v.IsSequence() || v.size() != 2) refuse(v, "layer_range: expected two numbers, [first, last], of which the last is left out");
             s.first = whole(v[0], key), s.last = whole(v[1], key);
             if (s.last <= s.first) refuse(v, str("layer_range: got [{}, {}], expected at least one layer", s.first, s.last));
           }
         });
    if (s.model.empty()) refuse(x, str("{}: an entry without its 'model'", of_slice ? "sources" : "models"));
    return s;
  }
  MergeSlice slice(const YAML::Node& x) const {
    MergeSlice s{.sources = {}, .line = line(x)};
    each(x, "slices", kSliceKeys, [&](const std::string& key, const YAML::Node& v) {
      if (key == "sources") each(v, key, [&](const YAML::Node& item) { s.sources.push_back(source(item, true)); });
      else s.settings = settings(v);
    });
    if (s.sources.empty()) refuse(x, "slices: an entry without its 'sources'");
    return s;
  }

  std::string dtype(const YAML::Node& x, const std::string& what) const {
    const std::string name = text(x, what);
    if (std::ranges::find(kTypes, name) == std::end(kTypes))
      refuse(x, str("{}: there is no type '{}'", what, name), did_you_mean(name, kTypes, str("expected one of {}", joined(kTypes))));
    return name;
  }

  TokenRule token(const YAML::Node& x, const std::string& name) const {
    TokenRule rule;
    each(x, str("token '{}'", name), kTokenKeys, [&](const std::string& key, const YAML::Node& v) {
      if (key == "force") rule.force = truth(v, key);
      else if (v.IsScalar()) rule.model = text(v, key);
      else
        each(v, key, kTokenSourceKeys, [&](const std::string& k, const YAML::Node& value) {
          if (k == "kind") {
            const std::string kind = text(value, k);
            if (kind != "zero" && kind != "model_token") refuse(value, str("kind: got '{}', expected zero or model_token", kind));
            rule.zero = kind == "zero";
          } else if (k == "model") {
            rule.model = text(value, k);
          } else {
            rule.id = whole(value, k);
          }
        });
    });
    return rule;
  }
  void tokenizer(const YAML::Node& x, MergeConfig& c) const {
    each(x, "tokenizer", kTokenizerKeys, [&](const std::string& key, const YAML::Node& v) {
      if (key == "source") c.tokenizer = text(v, key);
      else if (key == "pad_to_multiple_of") c.pad_to_multiple_of = whole(v, key);
      else each(v, key, {}, [&](const std::string& name, const YAML::Node& rule) { c.tokens[name] = token(rule, name); });
    });
  }

  static int line(const YAML::Node& x) { return x.Mark().line + 1; }

 private:
  static std::optional<double> parsed(const YAML::Node& x) {
    double v = 0;
    bool b = false;
    if (YAML::convert<double>::decode(x, v) && std::isfinite(v)) return v;
    if (YAML::convert<bool>::decode(x, b)) return b ? 1 : 0;
    return std::nullopt;
  }
  std::vector<double> values(const YAML::Node& list, const std::string& what) const {
    std::vector<double> all;
    each(list, what, [&](const YAML::Node& item) { all.push_back(number(item, what)); });
    return all;
  }

  inline static const std::vector<std::string> kRuleKeys = {"filter", "value"}, kModelKeys = {"model", "parameters", "data"},
                                               kSourceKeys = {"model", "layer_range", "parameters", "data"}, kSliceKeys = {"sources", "parameters"},
                                               kTypes = {"float32", "float16", "bfloat16"}, kTokenKeys = {"source", "force"},
                                               kTokenSourceKeys = {"kind", "model", "token_id"},
                                               kTokenizerKeys = {"source", "tokens", "pad_to_multiple_of"};
  const std::string& source_;
};

const std::vector<std::string> kTopKeys = {"merge_method", "base_model", "models", "slices", "parameters", "dtype", "out_dtype",
                                           "tokenizer_source", "tokenizer"};

YAML::Node parsed(const std::string& yaml, const std::string& source) {
  try {
    return YAML::Load(yaml);
  } catch (const YAML::Exception& e) {
    fail(ErrorKind::input, "merge", str("{}: line {}, column {}: no YAML: {}", source, e.mark.line + 1, e.mark.column + 1, e.msg));
  }
}

}  // namespace

MergeConfig parse_merge_config(const std::string& yaml, const std::string& source) {
  const Reader r(source);
  const YAML::Node root = parsed(yaml, source);
  MergeConfig c{.source = source, .method = {}, .base = {}, .slices = {}, .text = yaml};
  bool sliced = false;
  r.each(root, "the file", kTopKeys, [&](const std::string& key, const YAML::Node& v) {
    if (key == "merge_method") c.method = r.text(v, key);
    else if (key == "base_model") c.base = r.text(v, key);
    else if (key == "parameters") c.settings = r.settings(v);
    else if (key == "dtype") c.dtype = r.dtype(v, key);
    else if (key == "out_dtype") c.out_dtype = r.dtype(v, key);
    else if (key == "tokenizer_source") c.tokenizer = r.text(v, key);
    else if (key == "tokenizer") r.tokenizer(v, c);
    else {
      if (!c.slices.empty()) r.refuse(v, "both 'models' and 'slices' are given: expected one of them");
      sliced = key == "slices";
      if (!sliced) c.slices.push_back({.sources = {}, .line = Reader::line(v)});
      r.each(v, key, [&](const YAML::Node& item) {
        if (sliced) c.slices.push_back(r.slice(item));
        else c.slices[0].sources.push_back(r.source(item, false));
      });
    }
  });
  if (c.method.empty()) r.refuse(root, "there is no 'merge_method'", "say how they are to be merged, as 'merge_method: linear'");
  if (c.slices.empty())
    r.refuse(root, "there are neither 'models' nor 'slices'", "say what is to be merged, as 'models:' and a line '- model: FOLDER' for each");
  return c;
}

}  // namespace grim
