# Stands in for docker:27: the client and compose at the places where that has them.
FROM gantry-deliver/machine:1
RUN ln /usr/bin/docker /usr/local/bin/docker
CMD ["sh"]
