#pragma once

#include <memory>
#include <string>

#include "grimoire/base/utf8.h"
#include "grimoire/text/bpe.h"
#include "grimoire/text/pipeline_tokenizer.h"

namespace grim::test {

// Byte-level tokens by the bytes that they stand for.
inline std::shared_ptr<const Tokenizer> byte_tokenizer() {
  Json vocab = Json::object();
  for (int b = 0; b < 256; ++b) {
    std::string symbol;
    append_utf8(symbol, byte_symbol(static_cast<uint8_t>(b)));
    vocab.append(symbol, b);
  }
  const Json level = Json::object({{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", false}, {"trim_offsets", true}});
  const Json model = Json::object({{"type", "BPE"}, {"vocab", vocab}, {"merges", Json::array()}});
  return parse_tokenizer(Json::object({{"model", model}, {"pre_tokenizer", level}, {"decoder", level}}).dump(), "bytes");
}

}  // namespace grim::test
