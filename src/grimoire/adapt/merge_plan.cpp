#include "grimoire/adapt/merge_plan.h"

#include <algorithm>

#include "grimoire/base/error.h"

namespace grim {
namespace {

using Of = MergeParameter::Of;
using Base = MergeMethod::Base;

class Planner {
 public:
  Planner(const MergeConfig& config, bool joins_vocabularies) : config_(config), joins_vocabularies_(joins_vocabularies) {}

  MergePlan plan() {
    plan_.method = &merge_method(config_.method);
    if (config_.base.empty() && (method().base == Base::required || method().base == Base::among_models))
      refuse(str("merge_method {} needs a base_model: none is given", config_.method), "name the model that all the others were made of: 'base_model: FOLDER'");
    check_settings();
    for (const MergeSlice& slice : config_.slices) {
      check_count(slice);
      for (const MergeSource& s : slice.sources)
        if (!s.data.empty() && !method().reads_data) note(str("'data' has no effect with {}", config_.method));
    }
    for (const std::string& name : config_.models()) plan_.models.push_back(std::make_unique<MergeModel>(name));
    plan_.like = &model(config_.base.empty() ? config_.slices[0].sources[0].model : config_.base);
    const bool whole = std::ranges::all_of(config_.slices, [](const MergeSlice& s) {
      return std::ranges::all_of(s.sources, [](const MergeSource& m) { return m.last < 0; });
    });
    if (whole && config_.slices.size() == 1) add_whole();
    else add_slices();
    check_left_out();
    return std::move(plan_);
  }

 private:
  const MergeMethod& method() const { return *plan_.method; }
  [[noreturn]] void refuse(const std::string& problem, const std::string& hint = "") const {
    fail(ErrorKind::input, "merge", str("{}: {}", config_.source, problem), hint);
  }
  size_t place_of(const std::string& name) const {
    return static_cast<size_t>(std::ranges::find(plan_.models, name, [](const auto& m) { return m->name(); }) - plan_.models.begin());
  }
  const MergeModel& model(const std::string& name) const { return *plan_.models[place_of(name)]; }

  // --- what the file says ------------------------------------------------------------------------------------------

  void check_settings() {
    check_names(config_.settings);
    for (const MergeSlice& slice : config_.slices) {
      check_names(slice.settings);
      for (const MergeSource& s : slice.sources) check_names(s.settings);
    }
  }
  void check_names(const MergeSettings& settings) {
    constexpr std::string_view kHarmless[] = {"int8_mask"};  // how mergekit holds its masks
    for (const auto& [name, setting] : settings) {
      std::vector<std::string> own, others;
      for (const MergeParameter& p : method().parameters) own.push_back(p.name);
      for (const MergeMethod& m : merge_methods())
        for (const MergeParameter& p : m.parameters) others.push_back(p.name);
      if (std::ranges::find(own, name) != own.end()) continue;
      if (std::ranges::find(others, name) == others.end() && std::ranges::find(kHarmless, name) == std::end(kHarmless))
        refuse(str("merge_method {} has no parameter '{}'", config_.method, name), did_you_mean(name, own, str("expected one of {}", joined(own))));
      note(str("parameter '{}' has no effect with {}", name, config_.method));
    }
  }
  void note(const std::string& words) {
    if (std::ranges::find(plan_.notes, words) == plan_.notes.end()) plan_.notes.push_back(words);
  }

  // The sources that are merged: without the base, where the method takes it by itself.
  std::vector<const MergeSource*> merged(const MergeSlice& slice) const {
    std::vector<const MergeSource*> all;
    for (const MergeSource& s : slice.sources)
      if (method().base == Base::none || s.model != config_.base) all.push_back(&s);
    return all;
  }
  void check_count(const MergeSlice& slice) const {
    const size_t n = merged(slice).size() + (method().base == Base::among_models ? 1 : 0);
    if (n >= method().least && n <= method().most) return;
    const std::string wanted = method().most == method().least ? str("{}", method().least) : str("{} or more", method().least);
    refuse(str("line {}: {} merges {} model{}{}, got {}", slice.line, config_.method, wanted, wanted == "1" ? "" : "s",
               method().base == Base::required ? " beside the base" : method().base == Base::among_models ? ", the base among them" : "", n));
  }

  // --- tensors -----------------------------------------------------------------------------------------------------

  void add_whole() {
    const MergeSlice& slice = config_.slices[0];
    for (const TensorSource& t : plan_.like->tensors()) {
      const auto layer = layer_name(t.name);
      double place = layer ? 1 : 0;  // as mergekit has it, what stands in no layer is with the first
      if (layer)
        if (const int64_t layers = plan_.like->stacks().at(layer->stack); layers > 1)
          place = static_cast<double>(layer->layer) / static_cast<double>(layers - 1);
      add(t.name, slice, place, [&](const MergeSource*) { return t.name; });
    }
    for (const auto& [stack, layers] : plan_.like->stacks()) {
      plan_.layers = std::max(plan_.layers, layers);
      for (const auto& m : plan_.models)
        if (const auto own = m->stacks().find(stack); own != m->stacks().end() && own->second != layers)
          refuse(str("{} has {} layers, {} {}: expected equally many", plan_.like->name(), layers, m->name(), own->second),
                 "choose layers of each by 'slices' with a 'layer_range'");
    }
  }

  // The one stack whose layers are counted.
  std::string stack() const {
    std::string found;
    for (const auto& [name, layers] : plan_.like->stacks()) {
      if (!found.empty()) refuse(str("{} has several stacks of layers, '{}' and '{}': layers cannot be chosen from it", plan_.like->name(), found, name));
      found = name;
    }
    if (found.empty()) refuse(str("{} has no layers that have numbers: they cannot be chosen", plan_.like->name()));
    return found;
  }

  void add_slices() {
    const std::string name = stack();
    for (const TensorSource& t : plan_.like->tensors())
      if (!layer_name(t.name) && before_layers(t.name)) add(t.name, config_.slices.front(), 0, [&](const MergeSource*) { return t.name; });
    for (const MergeSlice& slice : config_.slices) add_slice(slice, name);
    for (const TensorSource& t : plan_.like->tensors())
      if (!layer_name(t.name) && !before_layers(t.name)) add(t.name, config_.slices.back(), 0, [&](const MergeSource*) { return t.name; });
  }

  void add_slice(const MergeSlice& slice, const std::string& stack) {
    const auto range = [&](const MergeSource& s) {
      const auto own = model(s.model).stacks().find(stack);
      const int64_t there = own == model(s.model).stacks().end() ? 0 : own->second, last = s.last < 0 ? there : s.last;
      if (last > there) refuse(str("line {}: layer_range [{}, {}]: {} has {} layers", s.line, s.first, last, s.model, there));
      return std::pair(s.first, last - s.first);
    };
    const auto [first, layers] = range(slice.sources[0]);
    for (const MergeSource& s : slice.sources)
      if (range(s).second != layers)
        refuse(str("line {}: layer_range of {} is {} layers and of {} {}: expected equally many", s.line, slice.sources[0].model, layers, s.model,
                   range(s).second));
    const MergeModel& leads = model(slice.sources[0].model);
    for (int64_t i = 0; i < layers; ++i) {
      const double place = layers > 1 ? static_cast<double>(i) / static_cast<double>(layers - 1) : 1;
      for (const TensorSource& t : leads.tensors())
        if (const auto layer = layer_name(t.name); layer && layer->stack == stack && layer->layer == first + i)
          add(layer->at(plan_.layers), slice, place, [&](const MergeSource* s) { return layer->at((s ? s->first : base_first(slice)) + i); });
      plan_.layers_from.emplace_back(place_of(leads.name()), first + i);
      ++plan_.layers;
    }
  }
  int64_t base_first(const MergeSlice& slice) const {  // its own range, else that of the others
    for (const MergeSource& s : slice.sources)
      if (s.model == config_.base) return s.first;
    return slice.sources[0].first;
  }

  // `named(source)`: which of its tensors; of the base's for null.
  template <class F> void add(const std::string& name, const MergeSlice& slice, double place, F&& named) {
    const auto layer = layer_name(name);
    PlannedTensor t{.name = name, .part = layer ? str("layer {}", layer->layer) : name};
    const std::vector<const MergeSource*> sources = merged(slice);
    if (method().base == Base::required || (method().base == Base::optional && !config_.base.empty()))
      t.base_of = place_of(config_.base), t.base = &found(t.base_of, named(nullptr));
    if (method().base == Base::among_models) t.of.push_back(place_of(config_.base)), t.models.push_back(&found(t.of[0], named(nullptr)));
    for (const MergeSource* s : sources) t.of.push_back(place_of(s->model)), t.models.push_back(&found(t.of.back(), named(s)));
    for (size_t k = 0; k < t.models.size(); ++k) check_shape(t, *t.models[k], t.of[k]);
    if (is_float(t.first().dtype)) set_values(t, slice, sources, place);
    plan_.tensors.push_back(std::move(t));
  }

  const TensorSource& found(size_t of, const std::string& tensor) const {
    const MergeModel& m = *plan_.models[of];
    const TensorSource* const t = m.find(tensor);
    if (!t) refuse(str("{} has no tensor '{}', which {} has: expected models of one shape", m.name(), tensor, plan_.like->name()));
    return *t;
  }
  void check_shape(const PlannedTensor& t, const TensorSource& x, size_t of) const {
    const TensorSource& first = t.first();
    const MergeModel &a = *plan_.models[t.base ? t.base_of : t.of[0]], &b = *plan_.models[of];
    if (first.shape == x.shape) return;
    const bool rows = is_vocabulary(first, a) && is_vocabulary(x, b) && first.shape.ndim() == x.shape.ndim() &&
                      std::equal(first.shape.begin() + 1, first.shape.end(), x.shape.begin() + 1);
    if (rows && joins_vocabularies_) return;
    if (rows)
      refuse(str("'{}': {} has a vocabulary of {}, {} of {}", t.name, a.name(), first.shape[0], b.name(), x.shape[0]),
             "say which words the new model has: 'tokenizer_source: union', or base");
    refuse(str("'{}': {} has the shape {}, {} {}: expected models of one shape", t.name, a.name(), first.shape, b.name(), x.shape));
  }

  // The source's own settings come first, then those of its slice, then those of the file.
  void set_values(PlannedTensor& t, const MergeSlice& slice, const std::vector<const MergeSource*>& sources, double place) const {
    const auto value = [&](const MergeParameter& p, std::initializer_list<const MergeSettings*> levels) {
      for (const MergeSettings* settings : levels) {
        const auto at = settings->find(p.name);
        const std::optional<double> v = at == settings->end() ? std::nullopt : at->second.at(t.name, place);
        if (!v) continue;
        const std::string range = p.high < 1e300 ? str("{} to {}", p.low, p.high) : str("{} or more", p.low);
        if (*v < p.low || *v > p.high) refuse(str("parameter '{}': got {}, expected {}", p.name, *v, range));
        return *v;
      }
      if (!p.initial) refuse(str("parameter '{}' of {} ({}) is not given for '{}'", p.name, config_.method, p.help, t.name));
      return *p.initial;
    };
    t.of_models.resize(sources.size());
    for (const MergeParameter& p : method().parameters) {
      if (p.of == Of::all) t.values[p.name] = value(p, {&slice.settings, &config_.settings});
      else
        for (size_t k = 0; k < sources.size(); ++k) t.of_models[k][p.name] = value(p, {&sources[k]->settings, &slice.settings, &config_.settings});
    }
  }

  // Tensors that others hold and the first does not, as heads of tasks.
  void check_left_out() {
    for (const auto& m : plan_.models) {
      std::vector<std::string> left;
      for (const TensorSource& t : m->tensors())
        if (!plan_.like->find(t.name) && !layer_name(t.name)) left.push_back(t.name);
      if (!left.empty()) note(str("{}: left out of {}, for {} has none of that name", first_few(left), m->name(), plan_.like->name()));
    }
  }

  const MergeConfig& config_;
  const bool joins_vocabularies_;
  MergePlan plan_;
};

}  // namespace

bool is_vocabulary(const TensorSource& tensor, const MergeModel& model) {
  return tensor.shape.ndim() > 0 && !layer_name(tensor.name) && tensor.shape[0] == model.vocabulary();
}

MergePlan plan_merge(const MergeConfig& config, bool joins_vocabularies) { return Planner(config, joins_vocabularies).plan(); }

}  // namespace grim
