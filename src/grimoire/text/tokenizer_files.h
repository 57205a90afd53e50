// Tokenizers in the files of their first programs; each comes out as a PipelineTokenizer, and so can be saved as a tokenizer.json.
// `config`: tokenizer_config.json, or null. throws: input, malformed, as "SOURCE: ..."
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "grimoire/base/json.h"
#include "grimoire/text/tokenizer.h"

namespace grim {

// The file of a folder that says most of a tokenizer: tokenizer.json, tokenizer.model, vocab.json, vocab.txt, ...; "": there is none.
// throws: input, there are several of a kind
std::string tokenizer_file_in(const std::string& folder);
bool is_tokenizer_file(std::string_view name);  // a name of those

struct NamedText {
  std::string text, name;  // what a file holds, and its name for messages
};

// Without a byte order mark, whichever way they end.
std::vector<std::string_view> lines_of(const NamedText& file);

// BERT's vocab.txt: a token a line. Of `config` do_lower_case, tokenize_chinese_chars, strip_accents and the special tokens count.
std::shared_ptr<const Tokenizer> read_bert_vocabulary(const NamedText& vocabulary, Json config = {});

// GPT-2's vocab.json, tokens in byte symbols, and merges.txt, a rule a line. tokenizer_class says whether it is GPT-2's, RoBERTa's (with BART's and
// Longformer's) or Qwen2's way to cut a text; nothing: GPT-2's.
std::shared_ptr<const Tokenizer> read_gpt2_vocabulary(const NamedText& vocabulary, const NamedText& merges, Json config = {});

// fairseq's dict.txt, as RoBERTa was published: lines of a GPT-2 id and a count, in the order of the ids, behind <s>, <pad>, </s>, <unk> and before <mask>.
std::shared_ptr<const Tokenizer> read_fairseq_dictionary(const NamedText& dictionary, const NamedText& vocabulary, const NamedText& merges, Json config = {});

// tiktoken's ranks: lines of a token in base64 and its rank, which is its id. The number of them says whose they are, and so how texts are cut: r50k_base,
// p50k_base, cl100k_base, o200k_base, Qwen's or Llama 3's. throws: input, also another number
std::shared_ptr<const Tokenizer> read_tiktoken(const NamedText& ranks, Json config = {});
bool looks_like_tiktoken(std::string_view text);  // by its first line

}  // namespace grim
