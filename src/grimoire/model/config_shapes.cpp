#include "grimoire/model/config_shapes.h"

#include <algorithm>
#include <set>

#include "grimoire/base/str.h"

namespace grim {
namespace {

// Where `part` stands in `name` behind a dot, or at its beginning; npos: nowhere.
size_t place_in(std::string_view name, std::string_view part) {
  for (size_t at = name.find(part); at != name.npos; at = name.find(part, at + 1))
    if (at == 0 || name[at - 1] == '.') return at;
  return name.npos;
}

bool is_like(std::string_view name, std::string_view like) {
  const size_t star = like.find('*');
  if (star != like.npos) return place_in(name, like.substr(0, star)) != name.npos && name.ends_with(like.substr(star + 1));
  return name.ends_with(like) && (name.size() == like.size() || name[name.size() - like.size() - 1] == '.');
}

// Of the names of a key the one that the file has, else the first.
std::string_view named(const Json& config, std::string_view key) {
  const size_t bar = key.find('|');
  return bar == key.npos || config.find(key.substr(0, bar)) || !config.find(key.substr(bar + 1)) ? key.substr(0, bar) : key.substr(bar + 1);
}

// "'n_layer' is 12", "'n_inner' is not given"
std::string said(const Json& config, std::string_view key) {
  const std::string_view name = named(config, key);
  const Json* const value = config.find(name);
  return value ? str("'{}' is {}", name, value->dump()) : str("'{}' is not given", name);
}

using Sentences = std::vector<std::string>;

void add_layers(Sentences& all, const Json& config, const ConfigShapes& shapes, std::span<const TensorEntry> tensors, std::string_view file) {
  for (const ConfigShapes::Layers& l : shapes.layers) {
    std::set<std::string_view> numbers;
    for (const TensorEntry& t : tensors) {
      const std::string_view name = t.name;
      const size_t at = place_in(name, l.before);
      if (at == name.npos) continue;
      const std::string_view behind = name.substr(at + l.before.size()), number = behind.substr(0, behind.find('.'));
      if (!number.empty() && number.find_first_not_of("0123456789") == number.npos) numbers.insert(number);
    }
    const auto count = static_cast<int64_t>(numbers.size());
    if (count > 0 && count != l.count)
      all.push_back(
          str("key {}, but {} holds {} layer{} '{}0.', ...: expected {}", said(config, l.key), file, count, count == 1 ? "" : "s", l.before, l.count));
  }
}

// A dimension that is not as config.json has it, and the keys that can be at fault.
struct Wrong {
  std::vector<std::string_view> keys;
  const TensorEntry* tensor;
  int dimension;
  int64_t length;
};

// Keys that a dimension of their own confirms are none.
void add_shapes(Sentences& sentences, const Json& config, const ConfigShapes& shapes, std::span<const TensorEntry> tensors, std::string_view file) {
  std::vector<Wrong> all;
  std::set<std::string_view> confirmed;
  for (const auto& [like, lengths] : shapes.tensors)
    for (const TensorEntry& t : tensors) {
      if (!is_like(t.name, like) || t.shape.ndim() != static_cast<int>(lengths.size())) continue;
      for (int d = 0; d < t.shape.ndim(); ++d) {
        const auto& [keys, length] = lengths[static_cast<size_t>(d)];
        if (t.shape[d] != length) all.push_back({keys, &t, d, length});
        else if (keys.size() == 1) confirmed.insert(keys[0]);
      }
    }
  for (Wrong& w : all)
    if (std::ranges::any_of(w.keys, [&](std::string_view k) { return !confirmed.contains(k); }))
      std::erase_if(w.keys, [&](std::string_view k) { return confirmed.contains(k); });
  std::ranges::stable_sort(all, {}, [](const Wrong& w) { return w.keys.size(); });
  std::set<std::string_view> told;
  for (const Wrong& w : all) {
    if (std::ranges::any_of(w.keys, [&](std::string_view k) { return told.contains(k); })) continue;
    told.insert(w.keys.begin(), w.keys.end());
    std::string keys;
    for (const std::string_view key : w.keys) keys += (keys.empty() ? "key " : " and ") + said(config, key);
    Shape expected = w.tensor->shape;
    expected[w.dimension] = w.length;
    sentences.push_back(str("{}, but tensor '{}' of {} is {}: expected {}", keys, w.tensor->name, file, w.tensor->shape, expected));
  }
}

void add_presence(Sentences& all, const Json& config, const ConfigShapes& shapes, std::span<const TensorEntry> tensors, std::string_view file) {
  for (const ConfigShapes::Presence& p : shapes.presence) {
    const auto found = std::ranges::find_if(tensors, [&](const TensorEntry& t) { return is_like(t.name, p.like); });
    if (p.there && found == tensors.end()) all.push_back(str("key {}, but {} has no tensor '{}'", said(config, p.key), file, p.like));
    if (!p.there && found != tensors.end()) all.push_back(str("key {}, but {} has the tensor '{}'", said(config, p.key), file, found->name));
  }
}

}  // namespace

std::vector<std::string> contradictions(const Json& config, const ConfigShapes& shapes, std::span<const TensorEntry> tensors, std::string_view file) {
  Sentences all;
  for (const auto add : {add_layers, add_shapes, add_presence}) add(all, config, shapes, tensors, file);
  return all;
}

}  // namespace grim
