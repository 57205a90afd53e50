#include "grimoire/text/pre_tokenizer.h"

#include <algorithm>
#include <functional>

#include "grimoire/base/error.h"
#include "grimoire/base/utf8.h"
#include "grimoire/text/bpe.h"
#include "grimoire/text/normalizer.h"
#include "grimoire/text/tokenizer_part.h"
#include "grimoire/text/unicode.h"
#include "grimoire/text/word_scanner.h"

namespace grim {
namespace {

using Words = std::vector<AlignedText>;

// What becomes of a delimiter.
enum class Behavior { removed, isolated, merged_with_previous, merged_with_next, contiguous };

Behavior behavior_named(const std::string& name) {
  const std::vector<std::string> names = {"Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"};
  const auto found = std::ranges::find(names, name);
  if (found == names.end()) fail(ErrorKind::input, "tokenizer", str("behavior '{}' is not known", name), did_you_mean(name, names));
  return static_cast<Behavior>(found - names.begin());
}

struct Part {
  size_t begin, end;
  bool delimiter;
};

// The parts of a text, delimiters and what is between them, as `behavior` joins them.
std::vector<Part> joined(const std::vector<Part>& parts, Behavior behavior) {
  std::vector<Part> out;
  switch (behavior) {
    case Behavior::isolated: return parts;
    case Behavior::removed:
      std::ranges::copy_if(parts, std::back_inserter(out), [](const Part& p) { return !p.delimiter; });
      return out;
    case Behavior::contiguous:
      for (const Part& p : parts) {
        if (!out.empty() && out.back().delimiter == p.delimiter) out.back().end = p.end;
        else out.push_back(p);
      }
      return out;
    case Behavior::merged_with_previous:
      for (bool before = false; const Part& p : parts) {
        if (p.delimiter && !before && !out.empty()) out.back().end = p.end;
        else out.push_back(p);
        before = p.delimiter;
      }
      return out;
    default:
      for (bool after = false; const Part& p : std::vector<Part>(parts.rbegin(), parts.rend())) {
        if (p.delimiter && !after && !out.empty()) out.back().begin = p.begin;
        else out.push_back(p);
        after = p.delimiter;
      }
      std::ranges::reverse(out);
      return out;
  }
}

void cut(const AlignedText& text, std::vector<Part> parts, Behavior behavior, bool invert, Words& words) {
  if (invert)
    for (Part& p : parts) p.delimiter = !p.delimiter;
  for (const Part& p : joined(parts, behavior))
    if (p.end > p.begin) words.push_back(text.slice(p.begin, p.end));
}

void cut_at(const AlignedText& text, const Pattern& pattern, Behavior behavior, bool invert, Words& words) {
  std::vector<Part> parts;
  size_t at = 0;
  each_match(pattern, text.text(), [&](const Match& m) {
    if (m.begin > at) parts.push_back({at, m.begin, false});
    parts.push_back({m.begin, m.end, true});
    at = m.end;
  });
  if (at < text.text().size()) parts.push_back({at, text.text().size(), false});
  cut(text, std::move(parts), behavior, invert, words);
}

// Cuts at characters: each that `is` names is a delimiter of its own.
template <class F> void cut_at_characters(const AlignedText& text, F&& is, Behavior behavior, Words& words) {
  std::vector<Part> parts;
  const std::string& s = text.text();
  for (size_t at = 0; at < s.size();) {
    const size_t begin = at;
    const bool delimiter = is(next_code_point(s, at));
    if (!delimiter && !parts.empty() && !parts.back().delimiter) parts.back().end = at;
    else parts.push_back({begin, at, delimiter});
  }
  cut(text, std::move(parts), behavior, false, words);
}

// --- kinds ---------------------------------------------------------------------------------------------------------------

using Made = std::unique_ptr<PreTokenizer>;

class Function final : public PreTokenizer {
 public:
  using Split = std::function<void(const AlignedText&, Words&)>;
  explicit Function(Split f, CutRule cuts = {}) : f_(std::move(f)), cuts_(cuts) {}
  void split(AlignedText text, Words& words) const override { f_(text, words); }
  CutRule cuts() const override { return cuts_; }

 private:
  Split f_;
  CutRule cuts_;
};
Made function(Function::Split f, CutRule cuts = {}) { return std::make_unique<Function>(std::move(f), cuts); }

// The regular expression of a split that isolates its matches, or nothing.
std::string isolating_pattern(const Json& json) {
  const bool isolates = json.text("type", "") == "Split" && json.text("behavior", "") == "Isolated" && !json.boolean("invert", false);
  const Json* const pattern = isolates ? json.find("pattern") : nullptr;
  return pattern && pattern->is_object() ? pattern->text("Regex", "") : "";
}

class Sequence final : public PreTokenizer {
 public:
  explicit Sequence(const Json& json) {
    std::string patterns;
    for (const Json& part : json.list("pretokenizers")) {
      parts_.push_back(make_pre_tokenizer(part));
      patterns += isolating_pattern(part) + '\n';
    }
    // Three splits of DeepSeek V3, which one scanner makes in one pass, and what is cut no more behind them.
    is_deepseek_v3_ = patterns == str("{}\n{}\n{}\n\n", patterns::kDeepseekDigits, patterns::kDeepseekCjk, patterns::kDeepseek);
  }
  void split(AlignedText text, Words& words) const override {
    Words now, next;
    now.push_back(std::move(text));
    for (const auto& part : parts_) {
      next.clear();
      for (AlignedText& word : now) part->split(std::move(word), next);
      std::swap(now, next);
    }
    std::ranges::move(now, std::back_inserter(words));
  }
  bool ends_in_byte_symbols() const override { return !parts_.empty() && parts_.back()->ends_in_byte_symbols(); }
  void leave_bytes() override { parts_.back()->leave_bytes(); }
  CutRule cuts() const override;

 private:
  std::vector<Made> parts_;
  bool is_deepseek_v3_ = false;
};

class ByteLevel final : public PreTokenizer {
 public:
  explicit ByteLevel(const Json& json)
      : prefix_space_(json.boolean("add_prefix_space", true)), splits_(json.boolean("use_regex", true)), words_(regex_pattern(std::string(patterns::kGpt2))) {}
  void split(AlignedText text, Words& words) const override {
    if (prefix_space_ && !text.text().starts_with(' ')) text.prepend(" ");
    const size_t first = words.size();
    if (splits_) cut_at(text, *words_, Behavior::isolated, false, words);
    else if (!text.empty()) words.push_back(std::move(text));
    if (symbols_)
      for (size_t i = first; i < words.size(); ++i) symbols_->apply(words[i]);
  }
  bool ends_in_byte_symbols() const override { return symbols_ != nullptr; }
  void leave_bytes() override { symbols_.reset(); }
  CutRule cuts() const override { return splits_ && !prefix_space_ ? CutRule{Cuts::pattern, scanner_for(patterns::kGpt2)} : CutRule{}; }
  bool cuts_nothing() const { return !splits_ && !prefix_space_; }

 private:
  bool prefix_space_, splits_;
  std::unique_ptr<Pattern> words_;
  std::unique_ptr<Normalizer> symbols_ = make_normalizer(Json::object({{"type", "ByteLevel"}}));
};

CutRule Sequence::cuts() const {
  if (parts_.empty()) return {};
  // [a split, byte symbols without one of their own]: the first one's
  const auto* const bytes = dynamic_cast<const ByteLevel*>(parts_.back().get());
  const size_t splits = parts_.size() - (bytes && bytes->cuts_nothing());
  if (is_deepseek_v3_ && splits == 3) return {Cuts::pattern, deepseek_v3_word};
  return splits == 1 ? parts_[0]->cuts() : CutRule{};
}

Made split(const Json& json) {
  const Json& pattern = json.at("pattern");
  const std::shared_ptr<const Pattern> at = pattern_in(pattern);
  const Behavior behavior = behavior_named(json.text("behavior"));
  const bool invert = json.boolean("invert", false);
  CutRule rule;
  // A pattern that leaves nothing out cuts in the same places whether its matches are the delimiters or what is kept.
  const bool keeps_all = behavior == Behavior::isolated || (behavior == Behavior::removed && invert);
  if (keeps_all && !pattern.find("String"))
    if (const WordScanner scanner = scanner_for(pattern.text("Regex"))) rule = {Cuts::pattern, scanner};
  return function([=](const AlignedText& text, Words& words) { cut_at(text, *at, behavior, invert, words); }, rule);
}

// SentencePiece's marker U+2581 for a space, and one before the text.
Made metaspace(const Json& json) {
  enum class Prepend { always, never, first };
  const std::string mark = json.text("replacement", "\u2581");
  const std::string scheme = json.text("prepend_scheme", json.boolean("add_prefix_space", true) ? "always" : "never");
  const std::vector<std::string> names = {"always", "never", "first"};
  const auto found = std::ranges::find(names, scheme);
  if (found == names.end()) fail(ErrorKind::input, "tokenizer", str("prepend_scheme '{}' is not known", scheme), did_you_mean(scheme, names));
  const auto prepend = static_cast<Prepend>(found - names.begin());
  const bool splits = json.boolean("split", true);
  const std::shared_ptr<const Normalizer> marked =
      make_normalizer(Json::object({{"type", "Replace"}, {"pattern", Json::object({{"String", " "}})}, {"content", mark}}));
  const std::shared_ptr<const Pattern> at = literal_pattern(mark);
  return function([=](AlignedText text, Words& words) {
    marked->apply(text);
    const bool wanted = prepend == Prepend::always || (prepend == Prepend::first && text.begins_the_text());
    if (wanted && !text.text().starts_with(mark)) text.prepend(mark);
    if (splits) cut_at(text, *at, Behavior::merged_with_next, false, words);
    else if (!text.empty()) words.push_back(std::move(text));
  });
}

// \w+|[^\w\s]+
Made whitespace(const Json&) {
  return function([](const AlignedText& text, Words& words) {
    const auto kind = [](char32_t c) { return c == 0x200c || c == 0x200d || class_of(c).word() ? 1 : class_of(c).space() ? 0 : 2; };
    std::vector<Part> parts;
    for (size_t at = 0, last = SIZE_MAX; at < text.text().size();) {
      const size_t begin = at;
      const auto k = static_cast<size_t>(kind(next_code_point(text.text(), at)));
      if (k == last) parts.back().end = at;
      else parts.push_back({begin, at, k == 0});
      last = k;
    }
    cut(text, std::move(parts), Behavior::removed, false, words);
  }, {Cuts::blanks});
}

Made bert(const Json&) {
  return function([](const AlignedText& text, Words& words) {
    Words spaced;
    cut_at_characters(text, [](char32_t c) { return class_of(c).space(); }, Behavior::removed, spaced);
    for (const AlignedText& word : spaced) cut_at_characters(word, [](char32_t c) { return class_of(c).bert_punctuation(); }, Behavior::isolated, words);
  }, {Cuts::words});
}

Made digits(const Json& json) {
  const Behavior behavior = json.boolean("individual_digits", false) ? Behavior::isolated : Behavior::contiguous;
  return function([=](const AlignedText& text, Words& words) {
    cut_at_characters(text, [](char32_t c) { return class_of(c).numeric(); }, behavior, words);
  });
}

Made punctuation(const Json& json) {
  const Behavior behavior = behavior_named(json.text("behavior", "Isolated"));
  return function([=](const AlignedText& text, Words& words) {
    cut_at_characters(text, [](char32_t c) { return class_of(c).bert_punctuation(); }, behavior, words);
  });
}

Made white_space_split(const Json&) {
  return function([](const AlignedText& text, Words& words) {
    cut_at_characters(text, [](char32_t c) { return class_of(c).space(); }, Behavior::removed, words);
  }, {Cuts::blanks});
}

Made delimiter(const Json& json) {
  const std::vector<char32_t> points = code_points(json.text("delimiter"));
  GRIM_CHECK(points.size() == 1, input, "tokenizer", "CharDelimiterSplit: delimiter: got '{}', expected one character", json.text("delimiter"));
  return function([c = points[0]](const AlignedText& text, Words& words) {
    cut_at_characters(text, [=](char32_t d) { return d == c; }, Behavior::removed, words);
  });
}

Made fixed_length(const Json& json) {
  const int64_t length = json.integer("length", 5);
  GRIM_CHECK(length >= 1, input, "tokenizer", "FixedLength: length: got {}, expected at least 1", length);
  return function([=](const AlignedText& text, Words& words) {
    for (size_t at = 0; at < text.text().size();) {
      const size_t begin = at;
      for (int64_t i = 0; i < length && at < text.text().size(); ++i) next_code_point(text.text(), at);
      words.push_back(text.slice(begin, at));
    }
  });
}

// Where the script changes; characters that go with any script before the first of one belong to no word, as in the reference.
Made unicode_scripts(const Json&) {
  return function([](const AlignedText& text, Words& words) {
    const std::string& s = text.text();
    size_t begin = s.size();
    int last = 0;
    for (size_t at = 0; at < s.size();) {
      const size_t here = at;
      const int script = script_of(next_code_point(s, at));
      if (script == 0 || script == last) continue;
      if (last != 0) words.push_back(text.slice(begin, here));
      begin = here;
      last = script;
    }
    if (begin < s.size()) words.push_back(text.slice(begin, s.size()));
  });
}

struct Kind {
  const char* type;
  Made (*make)(const Json&);
};
constexpr Kind kKinds[] = {
    {"BertPreTokenizer", bert},
    {"ByteLevel", [](const Json& json) -> Made { return std::make_unique<ByteLevel>(json); }},
    {"CharDelimiterSplit", delimiter},
    {"Digits", digits},
    {"FixedLength", fixed_length},
    {"Metaspace", metaspace},
    {"Punctuation", punctuation},
    {"Sequence", [](const Json& json) -> Made { return std::make_unique<Sequence>(json); }},
    {"Split", split},
    {"UnicodeScripts", unicode_scripts},
    {"Whitespace", whitespace},
    {"WhitespaceSplit", white_space_split},
};

}  // namespace

std::unique_ptr<PreTokenizer> make_pre_tokenizer(const Json& json) {
  if (json.is_null())
    return function([](const AlignedText& text, Words& words) {
      if (!text.empty()) words.push_back(text);
    });
  return made_by_type(kKinds, json, "pre_tokenizer");
}

}  // namespace grim
