// The walk of K-means down a tree of boxes: what native/clusters.cpp and native/swaps.cpp ask of native/lanes/nearest.cpp.
#pragma once
#include "lanes.h"

// Candidate centres, one array a coordinate; `count` of them, in increasing order of id.
struct HpCandidates {
    int32_t count;
    int32_t *id;
    float *center[HP_MAX_DIMENSIONS];
};

// A box of a tree, over a run of points.
struct HpNode {
    int16_t low[HP_MAX_DIMENSIONS], high[HP_MAX_DIMENSIONS];
    int32_t start, count;  // its points
    int32_t next;          // the node after its subtree, in preorder; a leaf's is its own index + 1
    int32_t leaf;          // the leaf's number, -1 for inner nodes
};

// Points with their tree: the nodes in preorder, and HP_SUMS sums a leaf.
struct HpTree {
    const HpNode *nodes;
    const int64_t *leaf_sums;
    const int16_t *coordinates[HP_MAX_DIMENSIONS];
    const uint32_t *weights;
    int32_t dimensions;
};

// What is known of the points and boxes of a tree: a point's label, valid where its leaf is not uniform; a leaf's one
// label, or -1; for a node the set of its candidates (`words` of bits) and that nearest to its middle, at its last visit.
struct HpLabels {
    uint16_t *labels;
    int32_t *uniform;
    uint64_t *near;
    int32_t *nearest;
};

// A walk down a tree. candidates[0] and moved[0] are those of the roots; the others, one for each depth, are room.
struct HpWalk {
    HpTree tree;
    const float *centers[HP_MAX_DIMENSIONS];  // by id
    HpCandidates *candidates, *moved;
    int32_t room;                             // of each array of candidates
    float *scratch;                           // HP_SUMS times that much
    int32_t words;
    const uint64_t *moved_set;
    HpLabels known;
    int64_t *sums;  // of the clusters: HP_SUMS each, weight, then weighted coordinates
    int64_t changes;
};

// Gives each point below the node `root` the id of its nearest candidate, ties to the lower, by filtering (Kanungo et al.
// 2002): a box keeps the candidate nearest to its middle and those that this one does not dominate in the whole box.
// hp_assign: from nothing, adding to the sums of clusters. hp_reassign: only where a moved centre was near or comes near;
// points that change move between the sums, and are counted.
HP_DECLARE(void, hp_assign, HpWalk *walk, int32_t root);
HP_DECLARE(void, hp_reassign, HpWalk *walk, int32_t root);

// For each point the squared distances to its nearest and second nearest candidate (3e38 if only one), and weight * first;
// for a leaf the sum of these and the largest second; added up for each cluster, weight * (second - first). Points are
// labelled.
struct HpTwoNearest {
    float *first, *second;
    double *error_of, *leaf_error;
    float *leaf_reach;
    double *removal;
};
HP_DECLARE(void, hp_two_nearest, HpWalk *walk, int32_t root, const HpTwoNearest *two);

// What a new centre at `point` makes the removal of each cluster cheaper by, added to `costs`; returns what it takes off the
// error itself; over the leaves among the nodes first .. end.
HP_DECLARE(double, hp_removal_costs, const HpTree *tree, int32_t first, int32_t end, const HpLabels *known,
           const float *point, const HpTwoNearest *two, double *costs);
