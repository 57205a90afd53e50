#include <algorithm>
#include <unordered_map>

#include "grimoire/base/error.h"
#include "grimoire/base/setting_words.h"
#include "grimoire/base/str.h"
#include "grimoire/learn/concept.h"
#include "grimoire/learn/concepts/families.h"

namespace grim::learn {
namespace {

// Words that mean several things. An entry of that very name is shown, and the others named beside it; without one the reader is asked.
struct Meanings {
  const char* word;
  const char* ids;
};
constexpr Meanings kMeanings[] = {{"MI", "interpretability\nmutual-information"},
                                  {"kernel", "kernel-trick\nconv1d\ndensity-estimation"},
                                  {"bias", "bias\ngain-and-bias\ninductive-bias"},
                                  {"variance", "variance\nstandard-deviation"},
                                  {"gain", "kaiming\ninformation-gain\ngain-and-bias"},
                                  {"head", "multi-head\nlm-head"},
                                  {"temperature", "softmax\ndistillation"}};

const std::unordered_map<std::string, const Concept*>& index() {
  static const auto* const names = [] {
    auto* map = new std::unordered_map<std::string, const Concept*>;
    for (const Concept* c : all_concepts()) {
      map->emplace(folded_name(c->id), c);
      map->emplace(folded_name(c->title), c);
      for (const std::string& name : lines_of(c->names)) map->emplace(folded_name(name), c);
    }
    return map;
  }();
  return *names;
}

const Meanings* meanings_of(std::string_view name) {
  const auto found = std::ranges::find_if(kMeanings, [&](const Meanings& m) { return folded_name(m.word) == folded_name(name); });
  return found == std::end(kMeanings) ? nullptr : &*found;
}

}  // namespace

std::span<const Family* const> families() { return kFamilies; }

const Family& family_of(const Concept& concept_) {
  for (const Family* f : families())
    if (&concept_ >= f->concepts.data() && &concept_ < f->concepts.data() + f->concepts.size()) return *f;
  throw Error(ErrorKind::state, "a concept outside of every family");
}

const Family* find_family(std::string_view name) {
  const std::string wanted = folded_name(name);
  const auto found = std::ranges::find_if(families(), [&](const Family* f) { return folded_name(f->id) == wanted || folded_name(f->title) == wanted; });
  return found == families().end() ? nullptr : *found;
}

const Family& family_named(std::string_view name) {
  if (const Family* family = find_family(name)) return *family;
  std::vector<std::string> known;
  for (const Family* f : families()) known.emplace_back(f->id);
  throw Error(ErrorKind::usage, str("there is no family '{}' in the glossary", name), did_you_mean(name, known, family_ids()));
}

std::string family_ids() {
  std::vector<std::string> ids;
  for (const Family* f : families()) ids.emplace_back(f->id);
  return joined(ids);
}

std::vector<const Concept*> all_concepts() {
  std::vector<const Concept*> all;
  for (const Family* f : families())
    for (const Concept& c : f->concepts) all.push_back(&c);
  return all;
}

const Concept* find_concept(std::string_view id) {
  for (const Concept* c : all_concepts())
    if (c->id == id) return c;
  return nullptr;
}

std::string folded_name(std::string_view name) {
  std::string folded;
  for (char c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (c == ' ' || c == '-' || c == '_' || c == '.' || c == '\'' || c == '/') continue;
    folded += c == 'z' ? 's' : c;
  }
  // Plurals: entropies, losses, kernels. A word of two letters or one that ends in ss keeps its s.
  const auto ends = [&](std::string_view end) { return folded.size() > end.size() + 2 && folded.ends_with(end); };
  if (ends("ies")) folded.replace(folded.size() - 3, 3, "y");
  else if (ends("sses") || ends("xes") || ends("ches")) folded.resize(folded.size() - 2);
  else if (ends("s") && !folded.ends_with("ss") && !folded.ends_with("is") && !folded.ends_with("us")) folded.pop_back();
  return folded;
}

const Concept* look_up(std::string_view name) {
  const auto& names = index();
  auto found = names.find(folded_name(name));
  if (found == names.end() && name.size() > 4 && name.ends_with("es")) found = names.find(folded_name(name.substr(0, name.size() - 2)));
  return found == names.end() ? nullptr : found->second;
}

const Concept& concept_named(std::string_view name) {
  if (const Concept* found = look_up(name)) return *found;
  const std::string folded = folded_name(name);
  if (const Meanings* several = meanings_of(name)) {
    std::string list;
    for (const std::string& id : lines_of(several->ids)) {
      if (const Concept* c = find_concept(id)) list += str("{}{} ({})", list.empty() ? "" : ", ", id, family_of(*c).title);
    }
    throw Error(ErrorKind::usage, str("'{}' has several meanings: {}", name, list), "ask for one of them");
  }
  std::vector<std::string> known;
  for (const Concept* c : all_concepts()) {
    known.emplace_back(c->id);
    for (const std::string& other : lines_of(c->names)) known.push_back(other);
  }
  if (const Family* family = find_family(name))
    throw Error(ErrorKind::usage, str("'{}' is a family of entries", name), str("grimoire glossary {} lists them", family->id));
  std::string near = nearest(name, known.data(), known.size());
  if (folded.size() < 6 && edit_distance(folded_name(near), folded) > 1) near.clear();  // of a short word nearly all is guessed
  if (near.empty() && folded.size() >= 4) {  // or names that hold the word
    for (const std::string& k : known)
      if (folded_name(k).find(folded) != std::string::npos && near.size() < 60) near += (near.empty() ? "" : ", ") + k;
  }
  throw Error(ErrorKind::usage, str("there is no entry '{}'", name),
              near.empty() ? "grimoire glossary lists all; grimoire glossary " GRIM_SETTING("search=WORD") " looks through their texts"
                           : str("did you mean {}?", near));
}

std::vector<std::string> ambiguous_words() {
  std::vector<std::string> words;
  for (const Meanings& m : kMeanings) words.emplace_back(m.word);
  return words;
}

std::vector<const Concept*> other_meanings(const Concept& concept_, std::string_view word) {
  std::vector<const Concept*> others;
  if (const Meanings* several = meanings_of(word))
    for (const std::string& id : lines_of(several->ids))
      if (const Concept* c = find_concept(id); c && c != &concept_) others.push_back(c);
  return others;
}

std::vector<std::string> lines_of(const char* list) {
  std::vector<std::string> lines;
  for (std::string_view line : lines_in(list))
    if (!line.empty()) lines.emplace_back(line);
  return lines;
}

std::pair<std::string, std::string> split_once(std::string_view text, std::string_view at) {
  const size_t place = text.find(at);
  if (place == text.npos) return {std::string(trimmed(text)), ""};
  return {std::string(trimmed(text.substr(0, place))), std::string(trimmed(text.substr(place + at.size())))};
}

}  // namespace grim::learn
