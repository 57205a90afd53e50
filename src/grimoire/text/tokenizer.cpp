#include "grimoire/text/tokenizer.h"

#include "grimoire/base/files.h"
#include "grimoire/text/pipeline_tokenizer.h"

namespace grim {

std::shared_ptr<const Tokenizer> load_tokenizer(const std::string& path) {
  const bool is_folder = files().kind(path) == FileKind::folder;
  const std::string file = is_folder ? join_path(path, "tokenizer.json") : path;
  const std::string config = join_path(is_folder ? path : parent_folder(path), "tokenizer_config.json");
  return parse_tokenizer(read_file(file), file, exists(config) ? Json::parse(read_file(config), config) : Json());
}

void save_tokenizer(const Tokenizer& tokenizer, const std::string& folder) {
  files().make_dirs(folder);
  write_atomically(join_path(folder, "tokenizer.json"), tokenizer.to_json().dump_pretty());
  write_atomically(join_path(folder, "tokenizer_config.json"), tokenizer.config_json().dump_pretty());
}

}  // namespace grim
