// What there is to see of a tokenizer.
#pragma once

#include <memory>
#include <string>

#include "grimoire/report/report.h"
#include "grimoire/text/tokenizer.h"

namespace grim {

struct TokenizerPage {
  report::Report report;
  Json json;
};
TokenizerPage page_of(const Tokenizer& tokenizer, const std::string& title);

// Of a folder, a file, a run folder or a published model. throws: input, as open_tokenizer, model_at and model_folder_in
std::shared_ptr<const Tokenizer> tokenizer_at(const std::string& path);

std::string kind_of(const Tokenizer& tokenizer);  // "byte-level BPE"
std::string quoted_token(const std::string& token);  // with what cannot be seen as \n, \x0b
std::string words_of_normalizer(const Json& normalizer);        // of tokenizer.json: "small letters; then NFC"
std::string words_of_pre_tokenizer(const Json& pre_tokenizer);

}  // namespace grim
