// Checkpoints that survive crashes. A checkpoint is a folder of plain files, FOLDER/NAME-NUMBER, and becomes visible at
// once:
//   1. every file is written into NAME-NUMBER.tmp-PID and synced;  2. manifest.json with sizes and hashes, last;
//   3. the folder is synced, then renamed, then its parent is synced;  4. only after that may older ones be pruned.
// A temporary folder with a good manifest is complete, so a crash between 3's parts loses nothing: it counts as the
// checkpoint. This file knows nothing of models: the content is a list of names and writers.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "grimoire/base/files.h"
#include "grimoire/io/manifest.h"
#include "grimoire/tensor/tensor.h"

namespace grim {

struct CheckpointFile {
  std::string name;
  std::function<void(OutFile&)> write;
  CheckpointFile(std::string file_name, std::function<void(OutFile&)> writer);
  CheckpointFile(std::string file_name, std::string bytes);
};
CheckpointFile tensor_file(const std::string& name, const std::vector<NamedTensor>& tensors);  // a safetensors file

// Saves as `path`, e.g. "run/checkpoints/step-200"; its last part must end in -NUMBER. An older checkpoint of that name
// is replaced. `about` comes back in the manifest. When an operation fails its error is thrown (resource when the disk
// is full), and newest_valid_checkpoint still finds the one before, or this one if it was already whole.
void save_checkpoint(const std::string& path, const std::vector<CheckpointFile>& files, const Json& about = {});

enum class Verify { sizes, hashes };
// throws: input, naming the first bad file: "model.safetensors: truncated: got 10 bytes, expected 20"; "... damaged"
Manifest verify_checkpoint(const std::string& path, Verify how = Verify::hashes);

struct RejectedCheckpoint {
  std::string path, reason;
};
struct FoundCheckpoint {
  std::string path;  // empty when there is none
  Manifest manifest;
  std::vector<RejectedCheckpoint> rejected;  // newer ones that are unfinished or bad, newest first
  explicit operator bool() const { return !path.empty(); }
};
// The valid checkpoint with the highest number in `folder`, which may be missing. Changes nothing.
FoundCheckpoint newest_valid_checkpoint(const std::string& folder);

// For the one writer of a run (hold its FolderLock), when it starts: completes a save whose rename was lost and removes
// what crashes left. Gives what was done, for the log.
std::vector<std::string> tidy_checkpoints(const std::string& folder);

// Removes all but the `keep` newest whole ones, those in `spare` (paths) and bad ones newer than these. Gives what was
// removed.
std::vector<std::string> prune_checkpoints(const std::string& folder, int keep,
                                           const std::vector<std::string>& spare = {});

}  // namespace grim
