// What the fuzzers and the replay of their findings share: bytes are a tokenizer's file; whatever is taken must encode and decode hostile text too.
#pragma once

#include <algorithm>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "grimoire/base/error.h"
#include "grimoire/text/pipeline_tokenizer.h"
#include "grimoire/text/sentencepiece.h"
#include "grimoire/text/tokenizer_files.h"

namespace grim::fuzz {

inline constexpr std::string_view kTexts[] = {"",
                                              "Hello, y'all! 123  \n\n x",
                                              "a\xcc\x81\xe4\xb8\xad\xf0\x9f\x98\x81 <s>\xe2\x96\x81 [MASK]",
                                              "\xff\xc3 broken \xed\xa0\x80 bytes",
                                              "z",
                                              "ab az \xc3\xa9z </w>##",
                                              "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};

// Only an Error of the kind input may come out of it, and every id lies within the vocabulary.
template <class Read> bool accepts_tokenizer(Read&& read) {
  try {
    const std::shared_ptr<const Tokenizer> tokenizer = read();
    std::string own;  // its first tokens, one after another: texts of fixed letters may be all unknown
    for (int64_t id = 0; id < std::min<int64_t>(tokenizer->vocab_size(), 64); ++id) own += tokenizer->token(id);
    std::vector<std::string_view> texts(std::begin(kTexts), std::end(kTexts));
    texts.push_back(own);
    std::string many;  // more than a window of a long word, for one tokenizer of eight
    if (!own.empty() && tokenizer->vocab_size() % 8 == 0)
      while (many.size() < 6000) many += own;
    texts.push_back(many);
    for (const std::string_view text : texts) {
      try {
        const Encoding e = tokenizer->encode_with(text, {.pair = text});
        for (const int64_t id : e.ids)
          if (id < 0 || id >= tokenizer->vocab_size()) __builtin_trap();
        for (const ByteRange& o : e.offsets)
          if (o.begin > o.end || o.end > text.size()) __builtin_trap();
        tokenizer->decode(tokenizer->encode(text));
      } catch (const Error& e) {
        if (e.kind() != ErrorKind::input) throw;
      }
    }
    return true;
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::input) __builtin_trap();
    return false;
  }
}

inline bool accepts_tokenizer_json(std::string_view bytes) {
  return accepts_tokenizer([&] { return parse_tokenizer(std::string(bytes), "fuzz"); });
}
inline bool accepts_sentencepiece(std::string_view bytes) {
  return accepts_tokenizer([&] { return make_sentencepiece(parse_sentencepiece(bytes, "fuzz")); });
}
// The first byte says whose lists they are.
inline bool accepts_vocabulary(std::string_view bytes) {
  const char kind = bytes.empty() ? '\0' : bytes[0];
  const std::string_view rest = bytes.substr(bytes.empty() ? 0 : 1);
  const size_t half = rest.find('\f');
  const NamedText first{std::string(rest.substr(0, half)), "first"}, second{std::string(half == std::string_view::npos ? "" : rest.substr(half + 1)), "second"};
  return accepts_tokenizer([&]() -> std::shared_ptr<const Tokenizer> {
    if (kind == 'b') return read_bert_vocabulary(first);
    if (kind == 'g') return read_gpt2_vocabulary(first, second);
    if (kind == 't') return read_tiktoken(first);
    return make_sentencepiece(parse_llama2c_tokenizer(rest, "fuzz"));
  });
}

}  // namespace grim::fuzz
