#include "grimoire/text/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "grimoire/base/error.h"
#include "grimoire/base/utf8.h"
#include "grimoire/text/oniguruma.h"
#include "grimoire/text/word_scanner.h"

namespace grim {

namespace patterns {
const std::string_view kGpt2 = R"('(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";
const std::string_view kCl100k = R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
const std::string_view kQwen2 = R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
const std::string_view kO200k =
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?)"
    R"(|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?)"
    R"(|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
const std::string_view kDeepseekDigits = R"(\p{N}{1,3})", kDeepseekCjk = "[\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff]+";
const std::string_view kDeepseek =
    "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\r\n]*|\\s*[\r\n]+|\\s+(?!\\S)|\\s+";
const std::string_view kCl100kOfTiktoken =
    R"('(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s)";
}  // namespace patterns

namespace {

using namespace patterns;

struct Known {
  std::string_view expression;
  WordScanner end;    // gives `at` itself where nothing matches
  bool leaves_nothing;
};
const Known kKnown[] = {
    {kGpt2, gpt2_word, true},
    {R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)", gpt2_word, true},
    {R"('(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s)", gpt2_word, true},
    {kCl100k, cl100k_word, true},
    {kCl100kOfTiktoken, cl100k_tail_word, true},
    {kQwen2, qwen2_word, true},
    {kO200k, o200k_word, true},
    {kDeepseekDigits, deepseek_digits, false},
    {kDeepseekCjk, deepseek_cjk, false},
    {kDeepseek, deepseek_word, false},
};

const Known* known(std::string_view expression) {
  for (const Known& k : kKnown)
    if (k.expression == expression) return &k;
  return nullptr;
}

class ScannedPattern final : public Pattern {
 public:
  explicit ScannedPattern(WordScanner end) : end_(end) {}
  std::optional<Match> find(std::string_view text, size_t from) const override {
    while (from < text.size()) {
      if (const size_t end = end_(text, from); end > from) return Match{from, end};
      next_code_point(text, from);
    }
    return std::nullopt;
  }

 private:
  WordScanner end_;
};

class LiteralPattern final : public Pattern {
 public:
  explicit LiteralPattern(std::string literal) : literal_(std::move(literal)) {}
  std::optional<Match> find(std::string_view text, size_t from) const override {
    const size_t at = literal_.empty() ? std::string_view::npos : text.find(literal_, from);
    return at == std::string_view::npos ? std::nullopt : std::optional(Match{at, at + literal_.size()});
  }

 private:
  std::string literal_;
};

class PcrePattern final : public Pattern {
 public:
  explicit PcrePattern(const std::string& expression) : expression_(expression) {
    GRIM_CHECK(expression.size() <= kLongest, input, "tokenizer", "a regular expression of {} bytes: expected at most {}", expression.size(), kLongest);
    const std::string translated = pcre2_of_oniguruma(expression);
    int problem = 0;
    PCRE2_SIZE place = 0;
    // Without two optimisations that are wrong in 10.42: compiled, (?>[^\x{24b6}]+?)\x{301}{1,2} is not found everywhere; a{0,2}(?:b)?+a not in "a".
    constexpr uint32_t options = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NO_START_OPTIMIZE | PCRE2_NO_AUTO_POSSESS;
    code_.reset(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(translated.data()), translated.size(), options, &problem, &place, nullptr));
    if (!code_)
      fail(ErrorKind::input, "tokenizer", str("regular expression '{}': {}", whole_characters(expression_, 120), words_of(problem)),
           "write it with fewer classes");
    pcre2_jit_compile(code_.get(), PCRE2_JIT_COMPLETE);  // where there is no compiler for this machine it is interpreted
    limits_.reset(pcre2_match_context_create(nullptr));
    pcre2_set_match_limit(limits_.get(), 10'000'000);
    pcre2_set_depth_limit(limits_.get(), 100'000);
    pcre2_set_heap_limit(limits_.get(), 64 * 1024);  // KiB
  }
  std::optional<Match> find(std::string_view text, size_t from) const override {
    const std::unique_ptr<pcre2_match_data, decltype(&pcre2_match_data_free)> data(pcre2_match_data_create(1, nullptr), pcre2_match_data_free);
    const auto match = [&](uint32_t options) {
      return pcre2_match(code_.get(), reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), from, options, data.get(), limits_.get());
    };
    int found = match(0);
    if (found == PCRE2_ERROR_JIT_STACKLIMIT) found = match(PCRE2_NO_JIT);  // which has the heap
    if (found == PCRE2_ERROR_NOMATCH) return std::nullopt;
    if (found < 0)
      fail(ErrorKind::input, "tokenizer", str("regular expression '{}' is too costly on this text: {}", whole_characters(expression_, 120), words_of(found)));
    const PCRE2_SIZE* const place = pcre2_get_ovector_pointer(data.get());
    return Match{place[0], place[1]};
  }
  bool may_match_nothing() const override {
    uint32_t may = 0;
    return pcre2_pattern_info(code_.get(), PCRE2_INFO_MATCHEMPTY, &may) != 0 || may != 0;
  }

 private:
  static constexpr size_t kLongest = 64 * 1024;
  static std::string words_of(int problem) {
    PCRE2_UCHAR text[200] = {};
    pcre2_get_error_message(problem, text, sizeof text);
    return reinterpret_cast<const char*>(text);
  }
  struct Free {
    void operator()(pcre2_code* c) const { pcre2_code_free(c); }
    void operator()(pcre2_match_context* c) const { pcre2_match_context_free(c); }
  };
  std::string expression_;
  std::unique_ptr<pcre2_code, Free> code_;
  std::unique_ptr<pcre2_match_context, Free> limits_;
};

}  // namespace

WordScanner scanner_for(std::string_view expression) {
  const Known* const k = known(expression);
  return k && k->leaves_nothing ? k->end : nullptr;
}

std::unique_ptr<Pattern> regex_pattern(const std::string& expression) {
  if (const Known* const k = known(expression)) return std::make_unique<ScannedPattern>(k->end);
  return std::make_unique<PcrePattern>(expression);
}

std::unique_ptr<Pattern> literal_pattern(std::string literal) { return std::make_unique<LiteralPattern>(std::move(literal)); }

std::unique_ptr<Pattern> pattern_in(const Json& json) {
  const Json* const literal = json.find("String");
  return literal ? literal_pattern(literal->as_text()) : regex_pattern(json.text("Regex"));
}

}  // namespace grim
