#include "grimoire/train/pretrained_embeddings.h"

#include <algorithm>
#include <string_view>

#include "grimoire/base/error.h"
#include "grimoire/base/setting_words.h"
#include "grimoire/text/tokenizer.h"
#include "grimoire/vectors/vector_files.h"

namespace grim {
namespace {

constexpr const char* kHint = "vectors of words are for a tokenizer that makes words: grimoire tokenizer train makes one of kind word";

std::vector<Tensor> token_tables(Task& task, const Architecture& architecture) {
  std::vector<Tensor> tables;
  for (const NamedTensor& p : task.model().parameters())
    if (is_token_table(architecture, p.name)) tables.push_back(p.tensor);
  return tables;
}

std::string found_in_words(const std::string& path, int64_t dim, int64_t words, int64_t made, int64_t tokens) {
  const double percent = 100 * static_cast<double>(words + made) / static_cast<double>(std::max<int64_t>(1, tokens));
  return str("{}: vectors of {} numbers for {} of {} tokens ({:.1f} %){}{}", path, dim, with_commas(words + made), with_commas(tokens), percent,
             made > 0 ? str(", {} of them put together from n-grams", with_commas(made)) : "",
             words + made < tokens ? "; the others keep the values they had" : "");
}

}  // namespace

void check_token_table(const RunConfig& config) {
  if (config.architecture().token_table.empty())
    throw Error(ErrorKind::usage, str(GRIM_SETTING("embeddings") ": a {} has no table of token vectors that a file could fill", config.model), "leave it out");
}

bool is_token_table(const Architecture& architecture, const std::string& parameter) {
  const std::string& name = architecture.token_table;
  return !name.empty() && (parameter == name || parameter.ends_with("." + name));
}

std::string take_embeddings(Task& task, const RunConfig& config) {
  check_token_table(config);
  const std::string& path = config.embeddings;
  const Tokenizer* const tokenizer = task.tokenizer();
  const std::vector<Tensor> tables = token_tables(task, config.architecture());
  GRIM_CHECK(tokenizer && !tables.empty(), argument, "embeddings", "{}: the task of a {} has no tokens to give vectors to", path, config.model);
  if (std::string_view(tokenizer->unit()) == "char")
    throw Error(ErrorKind::input, str("[embeddings] {}: it has vectors of words, and the model's tokens are single characters", path), kHint);
  const vectors::WordVectors file = vectors::open_vectors(path);
  const int64_t width = tables[0].dim(1);
  if (file.dim() != width)
    throw Error(ErrorKind::input, str("[embeddings] {}: its vectors have {} numbers, and the model's tokens {}", path, file.dim(), width),
                str("give the model their width, " GRIM_SETTING("n-embd={}") ", or vectors of its own", file.dim()));
  std::vector<std::string> tokens;
  std::vector<int64_t> ids;
  for (int64_t id = 0; id < std::min(tokenizer->vocab_size(), tables[0].dim(0)); ++id) {
    if (tokenizer->is_special(id) || id == tokenizer->unknown()) continue;
    tokens.push_back(tokenizer->token(id));
    ids.push_back(id);
  }
  std::vector<bool> known;
  const Tensor rows = file.embeddings(tokens, known);
  int64_t words = 0, made = 0;
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (!known[i]) continue;
    ++(file.find(tokens[i]) >= 0 ? words : made);
    for (const Tensor& table : tables) std::copy_n(rows.data<float>() + static_cast<int64_t>(i) * width, width, table.data<float>() + ids[i] * width);
  }
  if (words == 0)
    throw Error(ErrorKind::input, str("[embeddings] {}: none of the model's {} tokens is among its {} words", path, with_commas(std::ssize(tokens)),
                                      with_commas(file.size())),
                kHint);
  return found_in_words(path, file.dim(), words, made, std::ssize(tokens));
}

}  // namespace grim
