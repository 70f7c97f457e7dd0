# The Debian package. dpkg keeps a conffile that was changed: nodeportd.yaml, which `cmake
# --install` must not overwrite, goes into the package alone.
set(DEBIAN ${CMAKE_CURRENT_BINARY_DIR}/debian)
set(NODEPORTD_MAINTAINER "nodeportd maintainers <maintainers@nodeportd.example>"
  CACHE STRING "Whom the package names as its maintainer")

install(FILES ${PROJECT_SOURCE_DIR}/config/nodeportd.minimal.yaml DESTINATION ${FOLDER_OF_CONFIG}
  RENAME nodeportd.yaml COMPONENT debian EXCLUDE_FROM_ALL)
install(FILES debian/copyright ${DEBIAN}/changelog.gz DESTINATION ${FOLDER_OF_DOCS}
  COMPONENT debian EXCLUDE_FROM_ALL)

# All that lies beneath /etc, as dpkg wants to be told.
set(conffiles "")
foreach(file ${rules} nodeportd.yaml audit-policy.yaml)
  cmake_path(GET file FILENAME name)
  if(name MATCHES "[.]yml$")
    string(PREPEND name "rules/")
  endif()
  string(APPEND conffiles "/etc/nodeportd/${name}\n")
endforeach()
file(CONFIGURE OUTPUT ${DEBIAN}/conffiles CONTENT "${conffiles}" @ONLY)

# SOURCE_DATE_EPOCH, if it is set, is the time that this takes.
string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC)
configure_file(debian/changelog.in ${DEBIAN}/changelog @ONLY)
execute_process(COMMAND gzip -9nc ${DEBIAN}/changelog OUTPUT_FILE ${DEBIAN}/changelog.gz
  COMMAND_ERROR_IS_FATAL ANY)

set(CPACK_GENERATOR DEB)
set(CPACK_CMAKE_GENERATOR ${CMAKE_GENERATOR})
set(CPACK_INSTALL_CMAKE_PROJECTS
  "${CMAKE_BINARY_DIR};nodeportd;ALL;/" "${CMAKE_BINARY_DIR};nodeportd;debian;/")
# Paths beneath /etc are absolute, so the prefix is what it was when they were made.
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_PACKAGE_CONTACT ${NODEPORTD_MAINTAINER})
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "alerts on opened node ports from Kubernetes audit logs")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION "nodeportd sits beside a kube-apiserver, follows its audit log and says within
milliseconds when somebody opens a node port: who, from where, which Service
and whether it worked. Alerts go to files, syslog and webhooks.

It loses no line over rotation, restart, crash or a dead receiver. What it
looks for are Sigma rules.")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# The account and the folders are made by these, with or without a running systemd.
set(CPACK_DEBIAN_PACKAGE_DEPENDS "systemd | systemd-sysusers, systemd | systemd-tmpfiles")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "ca-certificates")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${DEBIAN}/conffiles
  ${CMAKE_CURRENT_SOURCE_DIR}/debian/postinst ${CMAKE_CURRENT_SOURCE_DIR}/debian/prerm
  ${CMAKE_CURRENT_SOURCE_DIR}/debian/postrm)
include(CPack)
