#include "grimoire/learn/database.h"

#include <sqlite3.h>

#include <cstring>

#include "grimoire/base/error.h"
#include "grimoire/base/str.h"

namespace grim::learn {

Database::Database(const std::string& path, std::string damaged) : path_(path), damaged_(std::move(damaged)), db_(nullptr, sqlite3_close) {
  sqlite3* db = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
  db_.reset(db);
  if (code != SQLITE_OK) fail("open");
  sqlite3_busy_timeout(db, 5000);
}

Database Database::of_bytes(std::string_view bytes, const std::string& path) {
  Database db(":memory:");
  db.path_ = path;
  auto* const copy = static_cast<unsigned char*>(sqlite3_malloc64(bytes.size()));
  if (!copy) throw Error(ErrorKind::resource, str("{}: out of memory for {} bytes", path, bytes.size()));
  std::memcpy(copy, bytes.data(), bytes.size());
  if (bytes.size() > 100) copy[18] = copy[19] = 1;  // a copy in memory has no write-ahead log (sqlite.org/c3ref/deserialize.html)
  const auto size = static_cast<sqlite3_int64>(bytes.size());
  if (sqlite3_deserialize(db.handle(), "main", copy, size, size, SQLITE_DESERIALIZE_FREEONCLOSE) != SQLITE_OK) db.fail("open");
  return db;
}

std::string Database::bytes() const {
  sqlite3_int64 size = 0;
  const std::unique_ptr<unsigned char, void (*)(void*)> bytes(sqlite3_serialize(handle(), "main", &size, 0), sqlite3_free);
  if (!bytes) fail("write");
  return {reinterpret_cast<const char*>(bytes.get()), static_cast<size_t>(size)};
}

void Database::run(const char* sql) {
  if (sqlite3_exec(db_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) fail("change");
}

int64_t Database::last_row() const { return sqlite3_last_insert_rowid(db_.get()); }

void Database::fail(const char* doing) const {
  const int code = db_ ? sqlite3_errcode(db_.get()) & 0xFF : SQLITE_NOMEM;
  const char* const said = db_ ? sqlite3_errmsg(db_.get()) : "out of memory";
  if (code == SQLITE_NOTADB || code == SQLITE_CORRUPT || code == SQLITE_SCHEMA || code == SQLITE_ERROR)
    throw Error(ErrorKind::input, str("{}: cannot {} it: {}", path_, doing, said), damaged_);
  const char* const hint = code == SQLITE_FULL       ? "free some space; nothing that was saved is lost"
                           : code == SQLITE_BUSY     ? "another program is writing to it: try again when that is done"
                           : code == SQLITE_READONLY ? "make the file and its folder writable"
                                                     : "";
  throw Error(ErrorKind::resource, str("{}: cannot {} it: {}", path_, doing, said), hint);
}

Statement::Statement(Database& database, std::string_view sql) : database_(database), statement_(nullptr, sqlite3_finalize) {
  sqlite3_stmt* s = nullptr;
  if (sqlite3_prepare_v2(database.handle(), sql.data(), static_cast<int>(sql.size()), &s, nullptr) != SQLITE_OK) database.fail("read");
  statement_.reset(s);
}

Statement& Statement::bind(int64_t value) {
  if (sqlite3_bind_int64(statement_.get(), ++next_, value) != SQLITE_OK) database_.fail("read");
  return *this;
}
Statement& Statement::bind(double value) {
  if (sqlite3_bind_double(statement_.get(), ++next_, value) != SQLITE_OK) database_.fail("read");
  return *this;
}
Statement& Statement::bind(std::string_view text) {
  if (sqlite3_bind_text(statement_.get(), ++next_, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT) != SQLITE_OK) database_.fail("read");
  return *this;
}

bool Statement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code != SQLITE_ROW && code != SQLITE_DONE) database_.fail(sqlite3_stmt_readonly(statement_.get()) ? "read" : "write to");
  return code == SQLITE_ROW;
}

void Statement::run() {
  while (step()) {
  }
  sqlite3_reset(statement_.get());
  next_ = 0;
}

int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_.get(), column); }
double Statement::real(int column) const { return sqlite3_column_double(statement_.get(), column); }
std::string Statement::text(int column) const {
  const auto* const bytes = static_cast<const char*>(sqlite3_column_blob(statement_.get(), column));
  return bytes ? std::string(bytes, static_cast<size_t>(sqlite3_column_bytes(statement_.get(), column))) : std::string();
}

Transaction::Transaction(Database& database) : database_(database) { database.run("BEGIN IMMEDIATE"); }
Transaction::~Transaction() {
  if (open_) sqlite3_exec(database_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}
void Transaction::commit() {
  database_.run("COMMIT");
  open_ = false;
}

}  // namespace grim::learn
