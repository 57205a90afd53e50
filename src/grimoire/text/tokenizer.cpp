#include "grimoire/text/tokenizer.h"

#include "grimoire/base/files.h"
#include "grimoire/text/char_tokenizer.h"

namespace grim {

std::shared_ptr<const Tokenizer> load_tokenizer(const std::string& folder) {
  const std::string path = join_path(folder, "tokenizer.json");
  return std::make_shared<CharTokenizer>(CharTokenizer::from_json(Json::parse(read_file(path), path)));
}

void save_tokenizer(const Tokenizer& tokenizer, const std::string& folder) {
  files().make_dirs(folder);
  write_atomically(join_path(folder, "tokenizer.json"), tokenizer.to_json().dump_pretty());
  write_atomically(join_path(folder, "tokenizer_config.json"), tokenizer.config_json().dump_pretty());
}

}  // namespace grim
