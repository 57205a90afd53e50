# cmake --install: the library, its headers, the program, and a package for find_package(Grimoire).
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

install(TARGETS grimoire EXPORT GrimoireTargets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
if(TARGET grimoire_cli)
  install(TARGETS grimoire_program EXPORT GrimoireTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
  install(TARGETS grimoire_cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
install(CODE "set(GRIM_HEADER_ROOT \"${PROJECT_SOURCE_DIR}/src\")\nset(GRIM_INCLUDE_FOLDER \"${CMAKE_INSTALL_INCLUDEDIR}\")")
install(SCRIPT ${CMAKE_CURRENT_LIST_DIR}/install_headers.cmake)

set(package ${CMAKE_INSTALL_LIBDIR}/cmake/Grimoire)
install(EXPORT GrimoireTargets NAMESPACE Grimoire:: DESTINATION ${package})
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/GrimoireConfig.cmake.in ${PROJECT_BINARY_DIR}/GrimoireConfig.cmake
  INSTALL_DESTINATION ${package})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/GrimoireConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/GrimoireConfig.cmake ${PROJECT_BINARY_DIR}/GrimoireConfigVersion.cmake DESTINATION ${package})
