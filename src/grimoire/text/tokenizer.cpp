#include "grimoire/text/tokenizer.h"

#include <algorithm>

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/base/utf8.h"
#include "grimoire/text/pipeline_tokenizer.h"
#include "grimoire/text/sentencepiece.h"
#include "grimoire/text/tokenizer_files.h"
#include "grimoire/text/tokenizer_part.h"

namespace grim {
namespace {

// The first says most.
constexpr std::string_view kNames[] = {"tokenizer.json", "tokenizer.model", "spiece.model", "sentencepiece.bpe.model", "dict.txt", "vocab.json", "encoder.json",
                                       "vocab.txt", "tokenizer.bin"};
bool ends_as_one(std::string_view name) {
  return name.ends_with(".model") || name.find(".model.v") != std::string::npos || name.ends_with(".spm") || name.ends_with(".tiktoken");
}

std::string file_in(const std::string& folder) {
  const std::string file = tokenizer_file_in(folder);
  if (!file.empty()) return file;
  std::vector<std::string> perhaps = files().list(folder);
  std::erase_if(perhaps, [](const std::string& name) {
    const auto has = [&](std::string_view word) { return name.find(word) != name.npos; };
    const bool other = has("config") || has("index") || name == "special_tokens_map.json" || name == "added_tokens.json" || name == "preprocessor.json";
    return !(name.ends_with(".gguf") || name == "merges.txt" || name == "vocab.bpe" || (name.ends_with(".json") && !other));
  });
  fail(ErrorKind::input, "tokenizer", str("{}: there is no tokenizer in it", folder),
       str("expected tokenizer.json, or tokenizer.model, vocab.json with merges.txt, vocab.txt, a file of tiktoken's ranks or tokenizer.bin{}",
           perhaps.empty() ? "" : str("; if it is in {}, name the file", joined(perhaps, " or "))));
}

bool begins_as_json(std::string_view text) { return trimmed(without_byte_order_mark(text)).starts_with('{'); }

NamedText text_of(const std::string& path) {
  NamedText text{read_file(path), path};
  GRIM_CHECK(!text.text.empty(), input, "tokenizer", "{}: the file is empty", path);
  if (!begins_as_json(text.text)) refuse_stand_in(text.text, path);  // else Json::parse does
  return text;
}

// The first of two names that the file's folder has.
NamedText beside(const std::string& path, const char* name, const char* or_else) {
  const std::string folder = parent_folder(path), first = join_path(folder, name), second = join_path(folder, or_else);
  if (!exists(first) && !exists(second))
    fail(ErrorKind::input, "tokenizer", str("{}: there is no {} beside it", path, name),
         str("{} is a part of a tokenizer, and {} (or {}) another: put it into that folder", file_name(path), name, or_else));
  return text_of(exists(first) ? first : second);
}

bool is_one_of_several(std::string_view name) {
  return name == "vocab.json" || name == "encoder.json" || name == "merges.txt" || name == "vocab.bpe" || name == "dict.txt";
}
std::shared_ptr<const Tokenizer> read_parts(const std::string& file, Json config) {
  const NamedText vocabulary = beside(file, "vocab.json", "encoder.json"), merges = beside(file, "merges.txt", "vocab.bpe");
  if (file_name(file) == "dict.txt") return read_fairseq_dictionary(text_of(file), vocabulary, merges, std::move(config));
  return read_gpt2_vocabulary(vocabulary, merges, std::move(config));
}

std::shared_ptr<const Tokenizer> read_whole(NamedText text, Json config) {
  const std::string name = file_name(text.name);
  if (name == "vocab.txt") return read_bert_vocabulary(text, std::move(config));
  if (name.ends_with(".bin")) return make_sentencepiece(parse_llama2c_tokenizer(text.text, text.name), std::move(config));
  if (begins_as_json(text.text)) return parse_tokenizer(std::move(text.text), text.name, std::move(config));
  if (looks_like_tiktoken(text.text)) return read_tiktoken(text, std::move(config));
  // A SentencePiece file begins with its first piece: field 1, of bytes.
  if (text.text.starts_with('\n')) return make_sentencepiece(parse_sentencepiece(text.text, text.name), std::move(config));
  fail(ErrorKind::input, "tokenizer", str("{}: it begins as no tokenizer: expected tokenizer.json, a SentencePiece model or tiktoken's ranks", text.name),
       "a list of tokens, one a line, is called vocab.txt");
}

}  // namespace

std::string tokenizer_file_in(const std::string& folder) {
  for (const std::string_view name : kNames)
    if (const std::string path = join_path(folder, name); exists(path)) return path;
  std::vector<std::string> others = files().list(folder);
  std::erase_if(others, [](const std::string& name) { return !ends_as_one(name); });
  if (others.size() > 1) fail(ErrorKind::input, "tokenizer", str("{}: there are several: {}", folder, joined(others)), "name the file");
  return others.empty() ? "" : join_path(folder, others[0]);
}

bool is_tokenizer_file(std::string_view name) { return std::ranges::find(kNames, name) != std::end(kNames) || ends_as_one(name); }

std::shared_ptr<const Tokenizer> load_tokenizer(const std::string& path) {
  const std::string file = files().kind(path) == FileKind::folder ? file_in(path) : path;
  const std::string config_file = join_path(parent_folder(file), "tokenizer_config.json");
  Json config = exists(config_file) ? Json::parse(read_file(config_file), config_file) : Json();
  GRIM_CHECK(config.is_null() || config.is_object(), input, "tokenizer", "{}: got {}, expected an object", config_file, name_of(config.kind()));
  if (is_one_of_several(file_name(file))) return read_parts(file, std::move(config));
  return in_file(file, [&] { return read_whole(text_of(file), std::move(config)); });
}

void save_tokenizer(const Tokenizer& tokenizer, const std::string& folder) {
  files().make_dirs(folder);
  write_atomically(join_path(folder, "tokenizer.json"), tokenizer.to_json().dump_pretty());
  write_atomically(join_path(folder, "tokenizer_config.json"), tokenizer.config_json().dump_pretty());
}

}  // namespace grim
