#include "grimoire/io/checkpoint.h"

#include <algorithm>
#include <charconv>

#include <unistd.h>

#include "grimoire/base/clock.h"
#include "grimoire/base/error.h"
#include "grimoire/io/hash.h"
#include "grimoire/io/safetensors.h"

namespace grim {
namespace {

constexpr std::string_view kTemporary = ".tmp-", kRetired = ".old-";

// --- writing ---------------------------------------------------------------------------------------------------------

// Hashes what passes through.
class HashedOut final : public OutFile {
 public:
  explicit HashedOut(OutFile& file) : file_(file) {}
  void write(std::string_view bytes) override {
    file_.write(bytes);
    hasher_.add(bytes);
    count_ += static_cast<int64_t>(bytes.size());
  }
  void sync() override { file_.sync(); }
  void close() override { file_.close(); }
  ManifestFile entry(const std::string& name) const { return {name, count_, hasher_.hex()}; }

 private:
  OutFile& file_;
  Hasher hasher_;
  int64_t count_ = 0;
};

ManifestFile write_file(const std::string& folder, const CheckpointFile& content) {
  const std::unique_ptr<OutFile> file = files().create(join_path(folder, content.name));
  HashedOut out(*file);
  content.write(out);
  file->sync();
  file->close();
  return out.entry(content.name);
}

void write_folder(const std::string& folder, const std::vector<CheckpointFile>& contents, const Json& about) {
  files().make_dirs(folder);
  Manifest manifest{utc_timestamp(), about, {}};
  for (const CheckpointFile& content : contents) manifest.files.push_back(write_file(folder, content));
  files().sync_dir(folder);  // the names of the files, before the manifest that vouches for them
  write_file(folder, {kManifestName, manifest_text(manifest)});
  files().sync_dir(folder);
}

// --- names -----------------------------------------------------------------------------------------------------------

// "step-200" -> 200; -1 for anything else.
int64_t number_of(std::string_view name) {
  const size_t dash = name.rfind('-');
  if (dash == 0 || dash == std::string_view::npos || name.starts_with('.')) return -1;
  int64_t number = -1;
  const auto [end, error] = std::from_chars(name.data() + dash + 1, name.data() + name.size(), number);
  return error == std::errc() && end == name.data() + name.size() && number >= 0 ? number : -1;
}

struct Candidate {
  std::string name;   // of the folder as it stands
  std::string finished;  // without the temporary part
  int64_t number;
};

// Newest first; before a temporary folder its finished namesake.
std::vector<Candidate> candidates(const std::string& folder) {
  std::vector<Candidate> found;
  if (files().kind(folder) != FileKind::folder) return found;
  for (const std::string& name : files().list(folder)) {
    if (name.find(kRetired) != std::string::npos) continue;
    const std::string finished = name.substr(0, name.find(kTemporary));
    const int64_t number = number_of(finished);
    if (number >= 0 && files().kind(join_path(folder, name)) == FileKind::folder)
      found.push_back({name, finished, number});
  }
  std::stable_sort(found.begin(), found.end(), [](const Candidate& a, const Candidate& b) {
    return a.number != b.number ? a.number > b.number : a.name < b.name;
  });
  return found;
}

bool is_temporary(const Candidate& c) { return c.name != c.finished; }

// What speaks against the checkpoint; "" for a good one.
std::string problem_of(const std::string& path, Verify how, Manifest* manifest = nullptr) {
  try {
    const Manifest m = verify_checkpoint(path, how);
    if (manifest) *manifest = m;
    return "";
  } catch (const Error& e) {
    return e.what();
  }
}

std::string hash_of_file(InFile& file) {
  Hasher hasher;
  const int64_t size = file.size();
  std::string piece(static_cast<size_t>(std::min<int64_t>(size, 1 << 20)), '\0');
  for (int64_t at = 0; at < size;) {
    const size_t n = std::min(piece.size(), static_cast<size_t>(size - at));
    file.read_at(at, piece.data(), n);
    hasher.add({piece.data(), n});
    at += static_cast<int64_t>(n);
  }
  return hasher.hex();
}

}  // namespace

CheckpointFile::CheckpointFile(std::string file_name, std::function<void(OutFile&)> writer)
    : name(std::move(file_name)), write(std::move(writer)) {}
CheckpointFile::CheckpointFile(std::string file_name, std::string bytes)
    : name(std::move(file_name)), write([bytes = std::move(bytes)](OutFile& out) { out.write(bytes); }) {}

CheckpointFile tensor_file(const std::string& name, const std::vector<NamedTensor>& tensors) {
  return {name, [sources = sources_of(tensors)](OutFile& out) { write_safetensors(out, sources); }};
}

void save_checkpoint(const std::string& path, const std::vector<CheckpointFile>& contents, const Json& about) {
  GRIM_CHECK(number_of(file_name(path)) >= 0, argument, "checkpoint", "name: got '{}', expected NAME-NUMBER",
             file_name(path));
  for (const CheckpointFile& c : contents)
    GRIM_CHECK(is_plain_name(c.name) && c.name != kManifestName, argument, "checkpoint", "file name not allowed: '{}'",
               c.name);
  const std::string parent = parent_folder(path), temporary = str("{}{}{}", path, kTemporary, getpid());
  bool complete = false;
  try {
    make_durable_dirs(parent);
    remove_all(temporary);
    write_folder(temporary, contents, about);
    files().sync_dir(parent);
    complete = true;
    remove_all(path);
    files().rename(temporary, path);
  } catch (...) {
    try {
      if (!complete) remove_all(temporary);
    } catch (...) {  // the first error is the one to tell
    }
    throw;
  }
  files().sync_dir(parent);
}

Manifest verify_checkpoint(const std::string& path, Verify how) {
  const std::string manifest_path = join_path(path, kManifestName);
  if (files().kind(path) == FileKind::folder && !exists(manifest_path))
    fail(ErrorKind::input, "checkpoint", str("{}: unfinished: it has no {}", path, kManifestName));
  const Manifest manifest = parse_manifest(read_file(manifest_path), manifest_path);
  for (const ManifestFile& expected : manifest.files) {
    const std::string file_path = join_path(path, expected.name);
    GRIM_CHECK(exists(file_path), input, "checkpoint", "{}: the file is missing", file_path);
    const std::unique_ptr<InFile> file = files().open(file_path);
    GRIM_CHECK(file->size() == expected.bytes, input, "checkpoint", "{}: {}: got {} bytes, expected {}", file_path,
               file->size() < expected.bytes ? "truncated" : "too long", file->size(), expected.bytes);
    if (how == Verify::hashes)
      GRIM_CHECK(hash_of_file(*file) == expected.hash, input, "checkpoint", "{}: damaged: its hash differs", file_path);
  }
  return manifest;
}

FoundCheckpoint newest_valid_checkpoint(const std::string& folder) {
  FoundCheckpoint found;
  for (const Candidate& c : candidates(folder)) {
    const std::string path = join_path(folder, c.name);
    const std::string problem = problem_of(path, Verify::hashes, &found.manifest);
    if (problem.empty()) {
      found.path = path;
      return found;
    }
    found.rejected.push_back({path, problem});
  }
  found.manifest = {};
  return found;
}

std::vector<std::string> tidy_checkpoints(const std::string& folder) {
  std::vector<std::string> done;
  for (const Candidate& c : candidates(folder)) {
    if (!is_temporary(c)) continue;
    const std::string path = join_path(folder, c.name), finished = join_path(folder, c.finished);
    if (problem_of(path, Verify::hashes).empty() && !problem_of(finished, Verify::hashes).empty()) {
      remove_all(finished);
      files().rename(path, finished);
      done.push_back("completed " + finished);
    } else {
      remove_all(path);
      done.push_back("removed " + path);
    }
  }
  if (files().kind(folder) == FileKind::folder)
    for (const std::string& name : files().list(folder))
      if (name.find(kRetired) != std::string::npos && number_of(name.substr(0, name.find(kRetired))) >= 0) {
        remove_all(join_path(folder, name));
        done.push_back("removed " + join_path(folder, name));
      }
  if (!done.empty()) files().sync_dir(folder);
  return done;
}

std::vector<std::string> prune_checkpoints(const std::string& folder, int keep, const std::vector<std::string>& spare) {
  GRIM_CHECK(keep >= 1, argument, "checkpoint", "keep: got {}, expected 1 or more", keep);
  std::vector<std::string> removed;
  int whole = 0;
  for (const Candidate& c : candidates(folder)) {
    if (is_temporary(c)) continue;
    const std::string path = join_path(folder, c.name);
    if (whole < keep) {
      whole += problem_of(path, Verify::sizes).empty();
      continue;
    }
    if (std::find(spare.begin(), spare.end(), path) != spare.end()) continue;
    const std::string retired =
        str("{}{}{}", path, kRetired, getpid());  // out of sight first: half a removal must not be seen
    files().rename(path, retired);
    remove_all(retired);
    removed.push_back(path);
  }
  return removed;
}

}  // namespace grim
