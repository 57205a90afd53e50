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

using Put = PreTokenizer::Put;

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

// Puts the parts of a text, delimiters and what is between them, as `behavior` joins them.
class Cutter {
 public:
  Cutter(AlignedText& text, Behavior behavior, const Put& put) : text_(text), behavior_(behavior), put_(put) {}
  void add(const Part& next) {
    const bool merges = behavior_ == Behavior::contiguous             ? next.delimiter == waiting_.delimiter
                        : behavior_ == Behavior::merged_with_previous ? next.delimiter && !after_delimiter_
                        : behavior_ == Behavior::merged_with_next     ? waiting_.delimiter && !next.delimiter
                                                                      : false;
    after_delimiter_ = next.delimiter;
    if (merges && waiting_.end > waiting_.begin) {
      waiting_ = {waiting_.begin, next.end, next.delimiter};
      return;
    }
    if (is_word(waiting_)) put_(text_.slice(waiting_.begin, waiting_.end));
    waiting_ = next;
  }
  void end() {
    if (is_word(waiting_)) put_(waiting_.begin == 0 && waiting_.end == text_.text().size() ? std::move(text_) : text_.slice(waiting_.begin, waiting_.end));
  }

 private:
  bool is_word(const Part& p) const { return p.end > p.begin && !(behavior_ == Behavior::removed && p.delimiter); }

  AlignedText& text_;  // which may be gone at the end
  Behavior behavior_;
  const Put& put_;
  Part waiting_ = {};  // what comes next may be merged with it
  bool after_delimiter_ = false;
};

void cut_at(AlignedText& text, const Pattern& pattern, Behavior behavior, bool invert, const Put& put) {
  Cutter cutter(text, behavior, put);
  const size_t size = text.text().size();
  size_t at = 0;
  each_match(pattern, text.text(), [&](const Match& m) {
    if (m.begin > at) cutter.add({at, m.begin, invert});
    cutter.add({m.begin, m.end, !invert});
    at = m.end;
  });
  if (at < size) cutter.add({at, size, invert});
  cutter.end();
}

// Cuts at characters: each that `is` names is a delimiter of its own.
template <class F> void cut_at_characters(AlignedText& text, F&& is, Behavior behavior, const Put& put) {
  Cutter cutter(text, behavior, put);
  const std::string& s = text.text();
  size_t begin = 0;  // of what is between two delimiters
  for (size_t at = 0; at < s.size();) {
    const size_t here = at;
    if (!is(next_code_point(s, at))) continue;
    if (here > begin) cutter.add({begin, here, false});
    cutter.add({here, at, true});
    begin = at;
  }
  if (begin < s.size()) cutter.add({begin, s.size(), false});
  cutter.end();
}

// --- kinds ---------------------------------------------------------------------------------------------------------------

using Made = std::unique_ptr<PreTokenizer>;

class Function final : public PreTokenizer {
 public:
  using Split = std::function<void(AlignedText&, const Put&)>;
  explicit Function(Split f, CutRule cuts = {}) : f_(std::move(f)), cuts_(cuts) {}
  void split(AlignedText text, const Put& put) const override { f_(text, put); }
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
  void split(AlignedText text, const Put& put) const override { split_from(0, std::move(text), put); }
  bool ends_in_byte_symbols() const override { return !parts_.empty() && parts_.back()->ends_in_byte_symbols(); }
  void leave_bytes() override { parts_.back()->leave_bytes(); }
  CutRule cuts() const override;

 private:
  void split_from(size_t part, AlignedText text, const Put& put) const {
    if (part == parts_.size()) return put(std::move(text));
    parts_[part]->split(std::move(text), [&, part](AlignedText word) { split_from(part + 1, std::move(word), put); });
  }

  std::vector<Made> parts_;
  bool is_deepseek_v3_ = false;
};

class ByteLevel final : public PreTokenizer {
 public:
  explicit ByteLevel(const Json& json)
      : prefix_space_(json.boolean("add_prefix_space", true)), splits_(json.boolean("use_regex", true)), words_(regex_pattern(std::string(patterns::kGpt2))) {}
  void split(AlignedText text, const Put& put) const override {
    if (prefix_space_ && !text.text().starts_with(' ')) text.prepend(" ");
    const Put put_symbols = [&](AlignedText word) {
      if (symbols_) symbols_->apply(word);
      put(std::move(word));
    };
    if (splits_) cut_at(text, *words_, Behavior::isolated, false, put_symbols);
    else if (!text.empty()) put_symbols(std::move(text));
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
  return function([=](AlignedText& text, const Put& put) { cut_at(text, *at, behavior, invert, put); }, rule);
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
  return function([=](AlignedText& text, const Put& put) {
    marked->apply(text);
    const bool wanted = prepend == Prepend::always || (prepend == Prepend::first && text.begins_the_text());
    if (wanted && !text.text().starts_with(mark)) text.prepend(mark);
    if (splits) cut_at(text, *at, Behavior::merged_with_next, false, put);
    else if (!text.empty()) put(std::move(text));
  });
}

// \w+|[^\w\s]+
Made whitespace(const Json&) {
  enum Kind { space, word, other };
  return function([](AlignedText& text, const Put& put) {
    const auto kind_of = [](char32_t c) { return c == 0x200c || c == 0x200d || class_of(c).word() ? word : class_of(c).space() ? space : other; };
    Cutter cutter(text, Behavior::removed, put);
    const std::string& s = text.text();
    Kind last = space;
    size_t begin = 0;  // of the characters of one kind
    for (size_t at = 0; at < s.size();) {
      const size_t here = at;
      const Kind kind = kind_of(next_code_point(s, at));
      if (kind == last) continue;
      if (here > begin) cutter.add({begin, here, last == space});
      begin = here;
      last = kind;
    }
    if (begin < s.size()) cutter.add({begin, s.size(), last == space});
    cutter.end();
  }, {Cuts::blanks});
}

Made bert(const Json&) {
  return function([](AlignedText& text, const Put& put) {
    const Put cut_word = [&](AlignedText word) { cut_at_characters(word, [](char32_t c) { return class_of(c).bert_punctuation(); }, Behavior::isolated, put); };
    cut_at_characters(text, [](char32_t c) { return class_of(c).space(); }, Behavior::removed, cut_word);
  }, {Cuts::words});
}

Made digits(const Json& json) {
  const Behavior behavior = json.boolean("individual_digits", false) ? Behavior::isolated : Behavior::contiguous;
  return function([=](AlignedText& text, const Put& put) { cut_at_characters(text, [](char32_t c) { return class_of(c).numeric(); }, behavior, put); });
}

Made punctuation(const Json& json) {
  const Behavior behavior = behavior_named(json.text("behavior", "Isolated"));
  return function([=](AlignedText& text, const Put& put) {
    cut_at_characters(text, [](char32_t c) { return class_of(c).bert_punctuation(); }, behavior, put);
  });
}

Made white_space_split(const Json&) {
  return function([](AlignedText& text, const Put& put) {
    cut_at_characters(text, [](char32_t c) { return class_of(c).space(); }, Behavior::removed, put);
  }, {Cuts::blanks});
}

Made delimiter(const Json& json) {
  const std::vector<char32_t> points = code_points(json.text("delimiter"));
  GRIM_CHECK(points.size() == 1, input, "tokenizer", "CharDelimiterSplit: delimiter: got '{}', expected one character", json.text("delimiter"));
  return function([c = points[0]](AlignedText& text, const Put& put) {
    cut_at_characters(text, [=](char32_t d) { return d == c; }, Behavior::removed, put);
  });
}

Made fixed_length(const Json& json) {
  const int64_t length = json.integer("length", 5);
  GRIM_CHECK(length >= 1, input, "tokenizer", "FixedLength: length: got {}, expected at least 1", length);
  return function([=](AlignedText& text, const Put& put) {
    for (size_t at = 0; at < text.text().size();) {
      const size_t begin = at;
      for (int64_t i = 0; i < length && at < text.text().size(); ++i) next_code_point(text.text(), at);
      put(text.slice(begin, at));
    }
  });
}

// Where the script changes; characters that go with any script before the first of one belong to no word, as in the reference.
Made unicode_scripts(const Json&) {
  return function([](AlignedText& text, const Put& put) {
    const std::string& s = text.text();
    size_t begin = s.size();
    int last = 0;
    for (size_t at = 0; at < s.size();) {
      const size_t here = at;
      const int script = script_of(next_code_point(s, at));
      if (script == 0 || script == last) continue;
      if (last != 0) put(text.slice(begin, here));
      begin = here;
      last = script;
    }
    if (begin < s.size()) put(text.slice(begin, s.size()));
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

std::vector<AlignedText> PreTokenizer::words(AlignedText text) const {
  std::vector<AlignedText> words;
  split(std::move(text), [&](AlignedText word) { words.push_back(std::move(word)); });
  return words;
}

std::unique_ptr<PreTokenizer> make_pre_tokenizer(const Json& json) {
  if (json.is_null())
    return function([](AlignedText& text, const Put& put) {
      if (!text.empty()) put(std::move(text));
    });
  return made_by_type(kKinds, json, "pre_tokenizer");
}

}  // namespace grim
